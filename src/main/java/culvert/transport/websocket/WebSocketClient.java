package culvert.transport.websocket;

import culvert.config.WebSocketSettings;
import culvert.http.HttpHead;
import culvert.http.HttpHeadReader;
import culvert.http.MalformedHttpException;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.net.HostPort;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;

/** The dialling side of a WebSocket (RFC 6455), over TCP or TLS. */
public final class WebSocketClient implements Transport {

  private static final String START = "HTTP/";

  private final WebSocketSettings settings;
  private final PeerNames server;
  private final String host;
  private final WebSocketBehavior dialect;
  private final BufferPool pool;

  /**
   * For any number of connections to one server.
   *
   * @param dialled its address, which the Host header says unless the settings do
   * @param server names of the peer, for messages
   * @param tls whether the carrier is TLS, which the Host header depends on
   * @param pool where large buffers are borrowed
   */
  public WebSocketClient(
      WebSocketSettings settings,
      HostPort dialled,
      PeerNames server,
      boolean tls,
      WebSocketBehavior dialect,
      BufferPool pool) {
    this.settings = settings;
    this.server = server;
    this.host = settings.hostHeader(dialled, tls);
    this.dialect = dialect;
    this.pool = pool;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IOException also if it, or something in front of it, answers in HTTP that it does not
   *     want to; the message says what to look at
   */
  @Override
  public Connection wrap(Connection carrier) throws IOException {
    String key = WebSocketKey.generate();
    carrier.output().write(request(key).getBytes(StandardCharsets.US_ASCII));
    var reader = new HttpHeadReader(carrier.input());
    expectHttp(new String(reader.firstBytes(), StandardCharsets.ISO_8859_1));
    HttpHead head = response(key, reader);
    return WebSocketFrames.connection(
        carrier,
        true,
        dialect,
        head.hasToken("server", WebSocketFrames.PRODUCT),
        reader.remaining(),
        pool);
  }

  private HttpHead response(String key, HttpHeadReader reader) throws IOException {
    try {
      HttpHead head = reader.readHead();
      new WebSocketResponse(head, settings.path(), server).check(key, reader);
      return head;
    } catch (MalformedHttpException e) {
      throw new ProtocolException(e.getMessage());
    }
  }

  private String request(String key) {
    return """
    GET %s HTTP/1.1\r
    Host: %s\r
    User-Agent: %s\r
    Connection: Upgrade\r
    Upgrade: websocket\r
    Sec-WebSocket-Version: 13\r
    Sec-WebSocket-Key: %s\r
    \r
    """
        .formatted(settings.path(), host, WebSocketFrames.PRODUCT, key);
  }

  private void expectHttp(String first) throws IOException {
    if (first.isEmpty()) {
      throw new EOFException(server.peer() + " closed the connection instead of a WebSocket");
    }
    // An alert of TLS (RFC 8446, 5.1): it is what a TLS server makes of a request.
    if (first.startsWith("\u0015\u0003")) {
      throw new ProtocolException("what answers there speaks TLS, and this side does not");
    }
    if (!first.startsWith(START.substring(0, Math.min(first.length(), START.length())))) {
      throw new ProtocolException("what answers there speaks no HTTP, so no WebSocket either");
    }
  }
}
