FROM eclipse-temurin:21-jdk-alpine AS build
WORKDIR /src
COPY Server.java ./
RUN javac -d classes Server.java

FROM eclipse-temurin:21-jre-alpine
WORKDIR /app
COPY --from=build /src/classes/ ./
USER 65534:65534
EXPOSE 8000
CMD ["java", "-Xmx{heap}m", "-Xss512k", "-XX:+UseSerialGC", "-XX:TieredStopAtLevel=1", "Server"]
