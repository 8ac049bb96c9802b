FROM python:3.14-alpine
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1
# A new volume takes over the owner of the folder that it is mounted on.
RUN install -d -o 65534 -g 65534 /data /workspace
WORKDIR /app
COPY server.py ./
USER 65534:65534
EXPOSE 8000
CMD ["python3", "server.py"]
