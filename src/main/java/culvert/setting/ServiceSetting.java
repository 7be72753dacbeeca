package culvert.setting;

/**
 * The part of a repeatable setting that belongs to one service.
 *
 * @param setting a setting with a value for each service
 * @param service the name of the service; empty for the setting as a whole
 */
public record ServiceSetting(Setting setting, String service) {

  /** Returns the setting as a whole. */
  public static ServiceSetting ofAll(Setting setting) {
    return new ServiceSetting(setting, "");
  }
}
