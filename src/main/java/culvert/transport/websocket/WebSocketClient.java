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

/** The client side of a WebSocket (RFC 6455), over TCP or TLS. */
public final class WebSocketClient implements Transport {

  private static final String HTTP_START = "HTTP/";

  private final WebSocketSettings settings;
  private final PeerNames server;
  private final String host;
  private final WebSocketBehavior behavior;
  private final BufferPool pool;

  /**
   * Creates a client for any number of connections to one server.
   *
   * @param dialled address of the server, sent in the Host field unless the settings name another
   * @param server names of the peer, for messages
   * @param tls whether the carrier is TLS, which determines the default port of the Host field
   * @param pool lends large buffers
   */
  public WebSocketClient(
      WebSocketSettings settings,
      HostPort dialled,
      PeerNames server,
      boolean tls,
      WebSocketBehavior behavior,
      BufferPool pool) {
    this.settings = settings;
    this.server = server;
    this.host = settings.hostHeader(dialled, tls);
    this.behavior = behavior;
    this.pool = pool;
  }

  /**
   * {@inheritDoc}
   *
   * @throws IOException also if the server, or an intermediary, responds with an HTTP error; the
   *     message contains a hint for the user
   */
  @Override
  public Connection wrap(Connection carrier) throws IOException {
    String key = WebSocketKey.generate();
    carrier.output().write(request(key).getBytes(StandardCharsets.US_ASCII));
    var reader = new HttpHeadReader(carrier.input());
    expectHttp(new String(reader.firstBytes(), StandardCharsets.ISO_8859_1));
    HttpHead head = readResponse(key, reader);
    return WebSocketFrames.connection(
        carrier,
        true,
        behavior,
        head.hasToken("server", WebSocketFrames.PRODUCT),
        reader.remaining(),
        pool);
  }

  private HttpHead readResponse(String key, HttpHeadReader reader) throws IOException {
    try {
      HttpHead head = reader.readHead();
      new WebSocketResponseCheck(head, settings.path(), server).check(key, reader);
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
      throw new EOFException(
          server.peer() + " closed the connection instead of opening a WebSocket");
    }
    // A TLS alert (RFC 8446, section 5.1): a TLS server sends it in response to a plain request.
    if (first.startsWith("\u0015\u0003")) {
      throw new ProtocolException("the server at this address uses TLS and this side does not");
    }
    if (!first.startsWith(HTTP_START.substring(0, Math.min(first.length(), HTTP_START.length())))) {
      throw new ProtocolException(
          "the server at this address does not use HTTP, which WebSocket requires");
    }
  }
}
