package culvert.cli.option;

import culvert.config.ByteCount;
import culvert.config.toml.Key;
import culvert.config.toml.Kind;
import culvert.config.toml.Layout;
import culvert.config.toml.Role;
import culvert.setting.Setting;
import java.nio.file.InvalidPathException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.CommandSpec;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * The keys of a block, made of the options of its role's command: a key has the type of the option,
 * and its texts are checked by the option's converter.
 */
public final class FileLayout {

  private static final Set<Setting> SECRETS =
      EnumSet.of(
          Setting.SECRET, Setting.BORE_SECRET, Setting.AUTH, Setting.BOUNCE_AUTH, Setting.VIA);

  /** Options that are repeated for each service, and have one value for each. */
  private static final Set<Setting> SINGLE_OF_SERVICE =
      EnumSet.of(
          Setting.OUTSIDE_ADDR,
          Setting.ORIGIN_SERVER_ADDR,
          Setting.BALANCE,
          Setting.MAX_BANDWIDTH,
          Setting.SOCKET_MODE,
          Setting.HEALTH_CHECK,
          Setting.HEALTH_INTERVAL,
          Setting.HEALTH_TIMEOUT,
          Setting.HEALTH_FAILURES);

  private FileLayout() {}

  /** Returns the keys of a role's block. */
  public static Layout of(Role role, CommandSpec command) {
    List<Key> keys =
        command.options().stream()
            .flatMap(option ->
                OptionSettings.of(option)
                    .filter(setting -> setting != Setting.CONFIG)
                    .map(setting -> key(setting, option))
                    .stream())
            .toList();
    return Layout.of(role, keys);
  }

  private static Key key(Setting setting, OptionSpec option) {
    Optional<ITypeConverter<?>> converter = converter(setting, option);
    return new Key(
        setting.key(),
        Optional.of(setting),
        kind(option),
        option.typeInfo().isMultiValue() && !SINGLE_OF_SERVICE.contains(setting),
        SECRETS.contains(setting),
        text -> problem(converter, text));
  }

  /** Returns the converter of a value without the service's name, which is a key of its own. */
  private static Optional<ITypeConverter<?>> converter(Setting setting, OptionSpec option) {
    return switch (setting) {
      case OUTSIDE_ADDR -> Optional.of(new AddressForms.Public());
      case ORIGIN_SERVER_ADDR -> Optional.of(new AddressForms.Origin());
      default -> Converters.of(option).map(FileLayout::withoutName);
    };
  }

  private static ITypeConverter<?> withoutName(ITypeConverter<?> converter) {
    return converter instanceof ServiceValueForms.Named<?> named ? named.value() : converter;
  }

  /** Returns the type of an option's value, of a service without its name. */
  private static Class<?> type(OptionSpec option) {
    return option.converters().length > 0
            && option.converters()[0] instanceof ServiceValueForms.Named<?> named
        ? named.type()
        : option.auxiliaryTypes()[0];
  }

  private static Kind kind(OptionSpec option) {
    Class<?> type = type(option);
    if (type == int.class || type == Integer.class) {
      return Kind.INTEGER;
    }
    if (type == boolean.class || type == Boolean.class) {
      return Kind.BOOLEAN;
    }
    if (type == Duration.class) {
      return Kind.DURATION;
    }
    return type == ByteCount.class ? Kind.SIZE : Kind.TEXT;
  }

  private static Optional<String> problem(Optional<ITypeConverter<?>> converter, String text) {
    try {
      if (converter.isPresent()) {
        converter.get().convert(text);
      } else {
        Path.of(text);
      }
      return Optional.empty();
    } catch (InvalidPathException e) {
      return Optional.of("expected a text without control characters");
    } catch (TypeConversionException e) {
      return Optional.of(e.getMessage());
    } catch (Exception e) {
      throw new IllegalStateException("a converter failed on a text", e);
    }
  }
}
