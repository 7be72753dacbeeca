package culvert.transport.websocket;

import culvert.config.WebSocketSettings;
import culvert.http.HttpError;
import culvert.http.HttpHead;
import culvert.http.HttpHeadReader;
import culvert.http.MalformedHttpException;
import culvert.net.BufferPool;
import culvert.net.Connection;
import culvert.protocol.ExpectedPeer;
import culvert.protocol.ForeignPeer;
import culvert.protocol.ForeignPeerException;
import culvert.protocol.PeerNames;
import culvert.protocol.ProtocolException;
import culvert.transport.Transport;
import java.io.EOFException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Optional;

/**
 * The server side of a WebSocket (RFC 6455), over TCP or TLS.
 *
 * <p>Answers an invalid request itself, over the carrier and in HTTP, and closes the output of the
 * carrier. The caller that catches the exception sends nothing more; it should keep the carrier
 * open for reading for a moment, so that the client can receive the response.
 */
public final class WebSocketServer implements Transport {

  private static final byte[] GET = "GET ".getBytes(StandardCharsets.US_ASCII);

  private final Optional<String> path;
  private final PeerNames client;
  private final WebSocketBehavior behavior;
  private final BufferPool pool;

  /**
   * Creates a server for any number of connections.
   *
   * @param settings only the path is used; {@link WebSocketBehavior#RATHOLE} accepts any path
   * @param client names of the peers, for messages
   * @param pool lends large buffers
   */
  public WebSocketServer(
      WebSocketSettings settings, PeerNames client, WebSocketBehavior behavior, BufferPool pool) {
    this.path =
        behavior == WebSocketBehavior.RATHOLE ? Optional.empty() : Optional.of(settings.path());
    this.client = client;
    this.behavior = behavior;
    this.pool = pool;
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    var reader = new HttpHeadReader(carrier.input());
    expectGet(carrier, reader.firstBytes());
    HttpHead head;
    Optional<HttpError> error;
    try {
      head = reader.readHead();
      error = WebSocketRequestCheck.check(head, path);
    } catch (MalformedHttpException e) {
      respond(carrier, WebSocketRequestCheck.MALFORMED.bytes());
      throw new ProtocolException(e.getMessage());
    }
    if (error.isPresent()) {
      throw refused(carrier, head, error.get());
    }
    carrier.output().write(switchingProtocols(head).getBytes(StandardCharsets.US_ASCII));
    return WebSocketFrames.connection(
        carrier,
        false,
        behavior,
        head.hasToken("user-agent", WebSocketFrames.PRODUCT),
        reader.remaining(),
        pool);
  }

  private void expectGet(Connection carrier, byte[] first) throws IOException {
    if (first.length == 0) {
      throw new EOFException("closed before a first byte");
    }
    int common = Math.min(first.length, GET.length);
    if (!Arrays.equals(first, 0, common, GET, 0, common)) {
      ForeignPeer peer = ForeignPeer.of(first);
      boolean http = peer == ForeignPeer.HTTP;
      respond(carrier, http ? WebSocketRequestCheck.NOT_GET.bytes() : peer.answer());
      throw ForeignPeerException.answered(peer, ExpectedPeer.WEB_SOCKET, client);
    }
  }

  private IOException refused(Connection carrier, HttpHead head, HttpError error) {
    respond(carrier, error.bytes());
    return WebSocketRequestCheck.isUpgrade(head)
        ? new ProtocolException(
            "an invalid WebSocket request, answered " + error.status() + ": " + error.detail())
        : ForeignPeerException.answered(ForeignPeer.HTTP, ExpectedPeer.WEB_SOCKET, client);
  }

  private static void respond(Connection carrier, byte[] response) {
    try {
      carrier.output().write(response);
      carrier.closeOutput();
    } catch (IOException e) {
      // The client did not wait for the response. The caller still reports its invalid request.
    }
  }

  private static String switchingProtocols(HttpHead head) throws MalformedHttpException {
    return """
    HTTP/1.1 101 Switching Protocols\r
    Server: %s\r
    Upgrade: websocket\r
    Connection: Upgrade\r
    Sec-WebSocket-Accept: %s\r
    \r
    """
        .formatted(
            WebSocketFrames.PRODUCT,
            WebSocketKey.accept(head.single("sec-websocket-key").orElseThrow()));
  }
}
