package culvert.cli.option;

import culvert.config.ServiceAddress;
import culvert.config.ServiceType;
import culvert.config.TransportKind;
import culvert.setting.Setting;
import culvert.setting.SettingException;
import culvert.setting.SettingMessage;
import java.util.List;
import java.util.Optional;

/**
 * Rules about the protocol, and about settings that the one of tunneled-reverse-proxy does not
 * support.
 *
 * @param isTrp whether that protocol is selected
 */
public record ProtocolRules(boolean isTrp) {

  /**
   * Checks that trp, if it is selected, is not combined with settings that it does not support.
   *
   * @param hasSecret whether a secret is set
   * @throws IllegalArgumentException naming the setting
   */
  public void check(boolean hasSecret, TransportKind transport, List<ServiceAddress> services) {
    if (!isTrp) {
      return;
    }
    if (hasSecret) {
      throw new SettingException(
          "%s trp has no authentication: a secret would protect nothing; leave it out",
          Setting.PROTOCOL);
    }
    reject("a transport other than plain", transport != TransportKind.PLAIN);
    if (services.size() != 1) {
      throw new SettingException("%s trp supports one service only", Setting.PROTOCOL);
    }
    reject("UDP services", services.getFirst().type() == ServiceType.UDP);
  }

  /**
   * Checks that the settings of a reload select trp if the running role does, and only then.
   *
   * @throws IllegalArgumentException if they do not
   */
  public void checkKept(ProtocolRules changed) {
    if (changed.isTrp != isTrp) {
      throw new SettingException(
          "%s cannot change while the role runs if it was or becomes trp; restart it",
          Setting.PROTOCOL);
    }
  }

  /**
   * Checks that one more setting is not combined with trp.
   *
   * @param setting a {@link Setting}, or a description or message
   * @param isGiven whether it is set
   * @throws IllegalArgumentException if trp is selected and the setting is set
   */
  public void reject(Object setting, boolean isGiven) {
    if (isTrp && isGiven) {
      throw new SettingException("%s trp does not support %s", Setting.PROTOCOL, setting);
    }
  }

  /**
   * Returns the warning that trp has no authentication or, with another protocol, that no secret is
   * set.
   *
   * @param withoutSecret the warning of the role without a secret
   */
  public Optional<SettingMessage> advice(boolean isAuthenticated, String withoutSecret) {
    if (isTrp) {
      return Optional.of(
          SettingMessage.of(
              "%s trp HAS NO AUTHENTICATION: the first program that connects to the control address"
                  + " receives the visitors, and anyone on the network path can read their traffic",
              Setting.PROTOCOL));
    }
    return isAuthenticated ? Optional.empty() : Optional.of(SettingMessage.of("%s", withoutSecret));
  }
}
