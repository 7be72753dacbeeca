package culvert.dialect.culvert;

import culvert.config.OriginSettings;
import culvert.config.RemoteSettings;
import culvert.config.ResourceLimits;
import culvert.net.BufferPool;
import culvert.net.HostPort;
import culvert.protocol.Handshake;
import culvert.setting.SettingWarnings;
import java.util.Optional;

/**
 * The settings of one side's logins, which a reload replaces as a whole.
 *
 * @param self this side's HELLO, with the secrets of logins without the name of a client; at an
 *     origin proxy, with its secret
 * @param login the steps from a new connection to a login
 * @param client the name of the client that an origin proxy logs in as, if any
 */
record NativeAccess(Handshake.Local self, NativeLogin login, Optional<String> client) {

  /**
   * Returns the access of a remote proxy. Blocks until the keys of typed secrets are derived.
   *
   * @param instance the instance id of this process
   * @param warnings receives a message about each unusable file, at the start and after each change
   * @throws IllegalArgumentException if a file that the transport needs cannot be used
   */
  static NativeAccess accepting(
      RemoteSettings settings, byte[] instance, BufferPool pool, SettingWarnings warnings) {
    var secrets = LoginSecrets.of(settings);
    return new NativeAccess(
        self(instance, settings.resourceLimits(), "", secrets),
        NativeLogin.accepting(settings, secrets, pool, warnings),
        Optional.empty());
  }

  /**
   * Returns the access of an origin proxy; see {@link #accepting} for other parameters and errors.
   *
   * @param target the remote proxy's address, independent of the route to it
   */
  static NativeAccess dialling(
      OriginSettings settings,
      HostPort target,
      byte[] instance,
      BufferPool pool,
      SettingWarnings warnings) {
    var secret = LoginSecrets.of(settings);
    return new NativeAccess(
        self(instance, settings.resourceLimits(), settings.name(), secret),
        NativeLogin.dialling(settings, target, secret, pool, warnings),
        settings.client());
  }

  private static Handshake.Local self(
      byte[] instance, ResourceLimits limits, String name, LoginSecrets secrets) {
    return new Handshake.Local(
        instance, limits.opens(), limits.streams(), name, secrets.ofNoClient());
  }
}
