package culvert.transport.tls;

import culvert.protocol.PeerNames;
import culvert.setting.Setting;
import culvert.setting.SettingNames;
import java.io.IOException;
import javax.net.ssl.SSLException;

/**
 * One side of a TLS connection.
 *
 * @param isDialling whether this side is the client
 * @param names names of the other side
 * @param settings names of the settings of this side
 */
record TlsSide(boolean isDialling, PeerNames names, SettingNames settings) {

  /** Returns the client's side. */
  static TlsSide dialling(PeerNames server, SettingNames settings) {
    return new TlsSide(true, server, settings);
  }

  /** Returns the server's side. */
  static TlsSide accepting(PeerNames client, SettingNames settings) {
    return new TlsSide(false, client, settings);
  }

  /** Returns the name of the other side for messages: "the remote proxy". */
  String peer() {
    return names.peer();
  }

  /** Returns the name, as the user wrote it, of a setting that concerns the other side. */
  String setting(Setting ofLink) {
    return settings.of(names.setting(ofLink));
  }

  /** Returns the exception to throw for one that the engine threw; see {@link TlsErrors}. */
  IOException translate(SSLException failure) {
    return new TlsErrors(this).translate(failure);
  }
}
