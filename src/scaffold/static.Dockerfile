# Files and a server of 5 MB.
FROM busybox:1.38
COPY www/ /www/
USER 65534:65534
EXPOSE 8000
CMD ["httpd", "-f", "-p", "8000", "-h", "/www"]
