package culvert.transport.stack;

import culvert.config.TlsClientSettings;
import culvert.config.TlsServerSettings;
import culvert.config.TransportKind;
import culvert.config.WebSocketSettings;
import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.protocol.PeerNames;
import culvert.setting.SettingWarnings;
import culvert.transport.Transport;
import culvert.transport.tls.TlsClient;
import culvert.transport.tls.TlsServer;
import culvert.transport.websocket.WebSocketBehavior;
import culvert.transport.websocket.WebSocketClient;
import culvert.transport.websocket.WebSocketServer;
import java.util.Optional;

/**
 * Builds one side of a transport from its settings: TLS, or WebSocket, or WebSocket inside TLS. It
 * does not include Noise, which encrypts the data that these transports carry.
 */
public final class TransportStack {

  private TransportStack() {}

  /**
   * Returns the accepting side.
   *
   * @param client names of the peers, for messages
   * @param tls present if the kind uses TLS
   * @param warnings receives a message for the user about each unusable file, at the start and
   *     after each change
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  public static Transport accepting(
      TransportKind kind,
      Optional<TlsServerSettings> tls,
      WebSocketSettings webSocket,
      PeerNames client,
      BufferPool pool,
      SettingWarnings warnings) {
    Transport outer =
        kind.isTls()
            ? new TlsServer(tls.orElseThrow(), client, false, pool, warnings)
            : Transport.PLAIN;
    return kind.isWebSocket()
        ? new WebSocketServer(webSocket, client, WebSocketBehavior.NATIVE, pool).within(outer)
        : outer;
  }

  /**
   * Returns the dialling side.
   *
   * @param tls used if the kind uses TLS
   * @param target address of the peer, independent of the route to it
   * @param server names of the peer, for messages
   * @param warnings receives a message for the user about each unusable file, at the start and
   *     after each change
   * @throws IllegalArgumentException with one line that names the option, the file and the problem
   */
  public static Transport dialling(
      TransportKind kind,
      TlsClientSettings tls,
      WebSocketSettings webSocket,
      HostPort target,
      PeerNames server,
      BufferPool pool,
      SettingWarnings warnings) {
    Transport outer =
        kind.isTls() ? new TlsClient(tls, target, server, false, pool, warnings) : Transport.PLAIN;
    return kind.isWebSocket()
        ? new WebSocketClient(
                webSocket, target, server, kind.isTls(), WebSocketBehavior.NATIVE, pool)
            .within(outer)
        : outer;
  }
}
