package culvert.config.toml;

import culvert.setting.Setting;
import java.util.Optional;
import java.util.function.Function;

/**
 * A key that a block may have.
 *
 * @param path the key below the block, with an asterisk for the name of a service or client
 * @param setting the setting; empty for a key that is read in another way
 * @param kind the type of its value
 * @param isList whether the value may be an array
 * @param isSecret whether the value may be the name of a variable, and is in no message
 * @param check returns the end of a message about an invalid text
 */
public record Key(
    String path,
    Optional<Setting> setting,
    Kind kind,
    boolean isList,
    boolean isSecret,
    Function<String, Optional<String>> check) {

  /** Maximum values of an array. */
  public static final int MAX_VALUES = 1000;

  /** Accepts every text. */
  public static final Function<String, Optional<String>> ANY = text -> Optional.empty();

  private static final String OF_SERVICE = "services.*.";
  private static final String OF_CLIENT = "clients.*.";

  /** Returns whether the value belongs to one service. */
  boolean isOfService() {
    return path.startsWith(OF_SERVICE);
  }

  /** Returns whether the value belongs to one client. */
  boolean isOfClient() {
    return path.startsWith(OF_CLIENT);
  }

  /** Returns whether the value is the address of a service. */
  boolean isAddressOfService() {
    return isOfService() && path.endsWith("_addr");
  }

  /** Returns the key of the block for the services without a value of their own. */
  Key ofOtherServices() {
    return new Key(path.substring(OF_SERVICE.length()), setting, kind, isList, isSecret, check);
  }

  /** Creates a key of a setting that accepts every text. */
  public static Key of(Setting setting) {
    return new Key(setting.key(), Optional.of(setting), Kind.TEXT, false, false, ANY);
  }

  /** Creates a key of a single value without a setting. */
  static Key of(String path, Kind kind, Function<String, Optional<String>> check) {
    return new Key(path, Optional.empty(), kind, false, false, check);
  }

  /** Creates a key of a secret without a setting. */
  static Key ofSecret(String path) {
    return new Key(path, Optional.empty(), Kind.TEXT, false, true, ANY);
  }
}
