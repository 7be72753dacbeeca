package culvert.system;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.net.HostPort;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.Socket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/** A web server that echoes the body of a POST request, and a client for it from the JDK. */
final class Web {

  private static final int BODY_BYTES = 100_000;

  private Web() {}

  /** Serves one request; for a {@link culvert.testing.TestServer}. */
  static void serve(Socket connection) throws IOException {
    InputStream in = connection.getInputStream();
    var head = new StringBuilder();
    while (head.indexOf("\r\n\r\n") < 0) {
      head.append((char) in.read());
    }
    String length = head.toString().replaceAll("(?is).*content-length: *([0-9]+).*", "$1");
    byte[] body = in.readNBytes(Integer.parseInt(length));
    OutputStream out = connection.getOutputStream();
    String answer = "HTTP/1.1 200 OK\r\nContent-Length: " + length + "\r\n\r\n";
    out.write(answer.getBytes(StandardCharsets.US_ASCII));
    out.write(body);
  }

  /** Posts a body and checks that it is returned. */
  static void assertAnswers(HostPort address) throws Exception {
    byte[] body = new byte[BODY_BYTES];
    Arrays.fill(body, (byte) 'c');
    var request =
        HttpRequest.newBuilder(URI.create("http://" + address + "/"))
            .version(HttpClient.Version.HTTP_1_1)
            .POST(HttpRequest.BodyPublishers.ofByteArray(body))
            .build();
    try (HttpClient client = HttpClient.newHttpClient()) {
      var answer = client.send(request, HttpResponse.BodyHandlers.ofByteArray());
      assertThat(answer.statusCode()).isEqualTo(200);
      assertThat(answer.body()).isEqualTo(body);
    }
  }
}
