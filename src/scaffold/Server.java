import com.sun.net.httpserver.HttpServer;
import java.net.InetSocketAddress;

/** Answers /health. */
public final class Server {
    public static void main(String[] words) throws Exception {
        HttpServer server = HttpServer.create(new InetSocketAddress(8000), 0);
        server.createContext("/", exchange -> {
            boolean isKnown = exchange.getRequestURI().getPath().equals("/health");
            byte[] body = (isKnown ? "ok\n" : "not found\n").getBytes();
            exchange.sendResponseHeaders(isKnown ? 200 : 404, body.length);
            exchange.getResponseBody().write(body);
            exchange.close();
        });
        server.start();
    }
}
