FROM postgres:17-alpine
# Tables that are made with the database.
COPY init.sql /docker-entrypoint-initdb.d/
USER postgres
EXPOSE 5432
CMD ["postgres", "-c", "shared_buffers=128MB", "-c", "work_mem=4MB", "-c", "max_connections=50", "-c", "jit=off"]
