package culvert.transport.stack;

import culvert.config.TlsClientSettings;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.protocol.PeerNames;
import culvert.transport.Transport;
import culvert.transport.tls.TlsClient;
import culvert.transport.tls.TlsServer;
import culvert.transport.websocket.WebSocketBehavior;
import culvert.transport.websocket.WebSocketClient;
import culvert.transport.websocket.WebSocketServer;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * Puts one side of a transport together from its settings: TLS, a WebSocket within it. Noise is not
 * among them: it seals what they carry.
 */
public final class TransportStack {

  private TransportStack() {}

  /**
   * The accepting side.
   *
   * @param client names of the peers, for messages
   * @param tls is there if the kind lies within TLS
   * @param complaints takes lines for a person about files, now and when they have changed
   * @throws IllegalArgumentException whose one line names the option, the file and what is wrong
   */
  public static Transport accepting(
      TransportKind kind,
      Optional<TlsServerSettings> tls,
      WebSocketSettings webSocket,
      PeerNames client,
      BufferPool pool,
      Consumer<String> complaints) {
    Transport outer =
        kind.isTls()
            ? new TlsServer(tls.orElseThrow(), client, false, pool, complaints)
            : Transport.PLAIN;
    return kind.isWebSocket()
        ? new WebSocketServer(webSocket, client, WebSocketBehavior.NATIVE, pool).within(outer)
        : outer;
  }

  /**
   * The dialling side.
   *
   * @param tls of use if the kind lies within TLS
   * @param target what is dialled, however the connections get there
   * @param server names of the peer, for messages
   * @param complaints takes lines for a person about files, now and when they have changed
   * @throws IllegalArgumentException whose one line names the option, the file and what is wrong
   */
  public static Transport dialling(
      TransportKind kind,
      TlsClientSettings tls,
      WebSocketSettings webSocket,
      HostPort target,
      PeerNames server,
      BufferPool pool,
      Consumer<String> complaints) {
    Transport outer =
        kind.isTls()
            ? new TlsClient(tls, target, server, false, pool, complaints)
            : Transport.PLAIN;
    return kind.isWebSocket()
        ? new WebSocketClient(
                webSocket, target, server, kind.isTls(), WebSocketBehavior.NATIVE, pool)
            .within(outer)
        : outer;
  }
}
