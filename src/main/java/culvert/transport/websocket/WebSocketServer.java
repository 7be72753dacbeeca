package culvert.transport.websocket;

import culvert.config.WebSocketSettings;
import culvert.http.HttpError;
import culvert.http.HttpHead;
import culvert.http.HttpHeadReader;
import culvert.http.MalformedHttpException;
import culvert.net.BufferPool;
import culvert.net.Connection;
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
 * The accepting side of a WebSocket (RFC 6455), over TCP or TLS.
 *
 * <p>Who asks wrongly is answered here, over the carrier and in HTTP, and its direction of the
 * carrier is closed; whoever catches the exception has nothing more to say, and should only keep
 * the carrier readable for a moment.
 */
public final class WebSocketServer implements Transport {

  private static final String WANTED = "a WebSocket client";
  private static final byte[] GET = "GET ".getBytes(StandardCharsets.US_ASCII);

  private final Optional<String> path;
  private final PeerNames client;
  private final WebSocketBehavior dialect;
  private final BufferPool pool;

  /**
   * For any number of connections.
   *
   * @param settings of which only the path counts, and in rathole's dialect not even that
   * @param client names of the peers, for messages
   * @param pool where large buffers are borrowed
   */
  public WebSocketServer(
      WebSocketSettings settings, PeerNames client, WebSocketBehavior dialect, BufferPool pool) {
    this.path =
        dialect == WebSocketBehavior.RATHOLE ? Optional.empty() : Optional.of(settings.path());
    this.client = client;
    this.dialect = dialect;
    this.pool = pool;
  }

  @Override
  public Connection wrap(Connection carrier) throws IOException {
    var reader = new HttpHeadReader(carrier.input());
    expectGet(carrier, reader.firstBytes());
    HttpHead head;
    Optional<HttpError> fault;
    try {
      head = reader.readHead();
      fault = WebSocketRequest.check(head, path);
    } catch (MalformedHttpException e) {
      answer(carrier, WebSocketRequest.MALFORMED.bytes());
      throw new ProtocolException(e.getMessage());
    }
    if (fault.isPresent()) {
      throw refused(carrier, head, fault.get());
    }
    carrier.output().write(switching(head).getBytes(StandardCharsets.US_ASCII));
    return WebSocketFrames.connection(
        carrier,
        false,
        dialect,
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
      answer(carrier, http ? WebSocketRequest.NOT_GET.bytes() : peer.answer());
      throw ForeignPeerException.answered(peer, WANTED, client);
    }
  }

  private IOException refused(Connection carrier, HttpHead head, HttpError fault) {
    answer(carrier, fault.bytes());
    return WebSocketRequest.isUpgrade(head)
        ? new ProtocolException(
            "a wrong WebSocket request, answered " + fault.status() + ": " + fault.detail())
        : ForeignPeerException.answered(ForeignPeer.HTTP, WANTED, client);
  }

  private static void answer(Connection carrier, byte[] words) {
    try {
      carrier.output().write(words);
      carrier.closeOutput();
    } catch (IOException e) {
      // It did not wait for an answer; what it did wrong counts all the same.
    }
  }

  private static String switching(HttpHead head) throws MalformedHttpException {
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
