package culvert.dialect.culvert;

import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.config.Secret;
import culvert.net.BufferPool;
import culvert.protocol.Handshake;
import culvert.setting.SettingWarnings;
import java.util.List;
import javax.crypto.SecretKey;

/**
 * The settings of one side's logins, which a reload replaces as a whole.
 *
 * @param self this side's HELLO and its secrets
 * @param login the steps from a new connection to a login
 */
record NativeAccess(Handshake.Local self, NativeLogin login) {

  /**
   * Returns the access of a remote proxy.
   *
   * @param instance the instance id of this process
   * @param warnings receives a message about each unusable file, at the start and after each change
   * @throws IllegalArgumentException if a file that the transport needs cannot be used
   */
  static NativeAccess accepting(
      RemoteSettings settings, byte[] instance, BufferPool pool, SettingWarnings warnings) {
    var secrets = settings.secrets().stream().map(Secret::key).toList();
    return new NativeAccess(
        self(instance, settings.resourceLimits(), "", secrets),
        NativeLogin.accepting(settings, secrets, pool, warnings));
  }

  /** Returns the access of an origin proxy; see {@link #accepting} for parameters and errors. */
  static NativeAccess dialling(
      OriginSettings settings, byte[] instance, BufferPool pool, SettingWarnings warnings) {
    var secret = settings.secret().map(Secret::key).stream().toList();
    return new NativeAccess(
        self(instance, settings.resourceLimits(), settings.name(), secret),
        NativeLogin.dialling(settings, secret, pool, warnings));
  }

  private static Handshake.Local self(
      byte[] instance, ResourceLimits limits, String name, List<SecretKey> secrets) {
    return new Handshake.Local(instance, limits.opens(), limits.streams(), name, secrets);
  }
}
