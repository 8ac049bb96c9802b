FROM python:3.14-alpine
RUN apk add --no-cache chromium
ENV PYTHONUNBUFFERED=1 PYTHONDONTWRITEBYTECODE=1 HOME=/tmp
WORKDIR /app
COPY server.py ./
USER 65534:65534
EXPOSE 8000
CMD ["python3", "server.py"]
