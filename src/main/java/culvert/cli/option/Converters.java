package culvert.cli.option;

import culvert.config.Balance;
import culvert.config.ByteCount;
import culvert.config.ControlProtocol;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.HealthProbe;
import culvert.config.PairedGroups;
import culvert.config.PortRange;
import culvert.config.RemoteAddress;
import culvert.config.TransportKind;
import culvert.net.Cidr;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.net.SocketMode;
import culvert.noise.NoiseProtocol;
import culvert.observe.Log;
import culvert.protocol.bounce.BounceGreeting;
import java.time.Duration;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.Model.OptionSpec;
import picocli.CommandLine.TypeConversionException;

/**
 * Converts the text of an option to its value. The message of a failure is the part after {@code
 * invalid value 'x' for --flag:}.
 */
public final class Converters {

  private static final String SCHEME_OF_GROUPS = "bounce";

  private static final ITypeConverter<Integer> NUMBER = form("a whole number", Integer::valueOf);

  private static final ITypeConverter<Boolean> TRUTH = form("true or false", Converters::truth);

  private static final List<Entry<?>> ALL =
      List.of(
          new Entry<>(int.class, NUMBER),
          new Entry<>(Integer.class, NUMBER),
          new Entry<>(boolean.class, TRUTH),
          new Entry<>(Boolean.class, TRUTH),
          new Entry<>(HostPort.class, Converters::hostPort),
          new Entry<>(RemoteAddress.class, Converters::remoteAddress),
          new Entry<>(GroupAddress.class, explained(GroupAddress::parse)),
          new Entry<>(
              GroupNumber.class,
              form(
                  "a group number in hexadecimal digits, such as ac or 0xac, at most 7fffffff",
                  GroupNumber::parse)),
          new Entry<>(
              PairedGroups.class,
              form(
                  "group numbers in hexadecimal digits with commas between them, such as 7,ac, or"
                      + " all",
                  PairedGroups::parse)),
          new Entry<>(
              PortRange.class, form("A-B or IP:A-B, with ports from 1 to 65535", PortRange::parse)),
          new Entry<>(
              Duration.class,
              form(
                  "a number and a unit, such as 500ms, 10s or 2m, at most a day",
                  Durations::parse)),
          new Entry<>(
              ByteCount.class, form("a size such as 4096, 64K, 16M or 1G", ByteCount::parse)),
          new Entry<>(
              Cidr.class,
              form("ADDRESS or ADDRESS/BITS, such as 10.0.0.0/8 or 2001:db8::/32", Cidr::parse)),
          new Entry<>(
              SocketMode.class,
              form("three octal digits from 600 to 777, such as 660", SocketMode::parse)),
          new Entry<>(
              HealthProbe.class,
              form("tcp or http:PATH, such as http:/health", HealthProbe::parse)),
          new Entry<>(Balance.class, word(Balance.class, Balance::word)),
          new Entry<>(NoiseProtocol.class, explained(NoiseProtocol::parse)),
          new Entry<>(BounceGreeting.class, word(BounceGreeting.class, BounceGreeting::word)),
          new Entry<>(ProtocolKind.class, word(ProtocolKind.class)),
          new Entry<>(ControlProtocol.class, word(ControlProtocol.class)),
          new Entry<>(TransportKind.class, word(TransportKind.class)),
          new Entry<>(Log.Level.class, word(Log.Level.class)),
          new Entry<>(Log.Format.class, word(Log.Format.class)),
          new Entry<>(ProxyHeader.Version.class, word(ProxyHeader.Version.class)));

  private Converters() {}

  /** A type and its converter. */
  private record Entry<T>(Class<T> type, ITypeConverter<T> converter) {
    void register(CommandLine commandLine) {
      commandLine.registerConverter(type, converter);
    }
  }

  /** Adds all converters to the command and its subcommands. */
  public static void register(CommandLine commandLine) {
    ALL.forEach(entry -> entry.register(commandLine));
  }

  /** Returns the converter of a type, which has one. */
  @SuppressWarnings("unchecked")
  static <T> ITypeConverter<T> of(Class<T> type) {
    return (ITypeConverter<T>) find(type).orElseThrow();
  }

  private static Optional<ITypeConverter<?>> find(Class<?> type) {
    return ALL.stream()
        .filter(entry -> entry.type.equals(type))
        .findFirst()
        .map(entry -> entry.converter);
  }

  /** Returns the converter of an option's values; empty if every text is valid. */
  static Optional<ITypeConverter<?>> of(OptionSpec option) {
    if (option.converters().length > 0) {
      return Optional.of(option.converters()[0]);
    }
    return find(option.auxiliaryTypes()[0]);
  }

  private static Boolean truth(String text) {
    if (!text.equalsIgnoreCase("true") && !text.equalsIgnoreCase("false")) {
      throw new IllegalArgumentException();
    }
    return Boolean.valueOf(text);
  }

  private static HostPort hostPort(String text) {
    return AddressForms.parse("HOST:PORT", HostPort::parse, text);
  }

  private static RemoteAddress remoteAddress(String text) {
    return text.startsWith(SCHEME_OF_GROUPS) && text.contains("://")
        ? convert(RemoteAddress::parse, text)
        : AddressForms.parse(
            "HOST:PORT, all:HOST:PORT or bounce://HOST:PORT/GROUP", RemoteAddress::parse, text);
  }

  /** For values of one form, which the message gives. */
  private static <T> ITypeConverter<T> form(String form, Function<String, T> parser) {
    return text -> convert(form, parser, text);
  }

  /** For values whose parser explains the failure. */
  private static <T> ITypeConverter<T> explained(Function<String, T> parser) {
    return text -> convert(parser, text);
  }

  private static <T> T convert(String form, Function<String, T> parser, String text) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("expected " + form);
    }
  }

  private static <T> T convert(Function<String, T> parser, String text) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  /** For constants that users write by their names in lower case. */
  private static <E extends Enum<E>> ITypeConverter<E> word(Class<E> type) {
    return word(type, value -> value.name().toLowerCase(Locale.ROOT));
  }

  private static <E extends Enum<E>> ITypeConverter<E> word(
      Class<E> type, Function<E, String> word) {
    List<E> values = List.of(type.getEnumConstants());
    return form(
        "one of " + values.stream().map(word).collect(Collectors.joining(", ")),
        text ->
            values.stream()
                .filter(value -> word.apply(value).equals(text))
                .findFirst()
                .orElseThrow(IllegalArgumentException::new));
  }
}
