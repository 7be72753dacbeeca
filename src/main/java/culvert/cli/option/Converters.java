package culvert.cli.option;

import culvert.config.ByteCount;
import culvert.config.GroupAddress;
import culvert.config.GroupNumber;
import culvert.config.PairedGroups;
import culvert.config.PortRange;
import culvert.config.RemoteAddress;
import culvert.config.ServiceAddress;
import culvert.config.TransportKind;
import culvert.net.Cidr;
import culvert.net.Durations;
import culvert.net.HostPort;
import culvert.net.ProxyHeader;
import culvert.noise.NoiseProtocol;
import culvert.observe.Log;
import culvert.protocol.bounce.BounceGreeting;
import java.time.Duration;
import java.util.Arrays;
import java.util.Locale;
import java.util.function.Function;
import picocli.CommandLine;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Text of the command line into values; what a value's own parser says is told to the user. */
public final class Converters {

  private Converters() {}

  public static void register(CommandLine commandLine) {
    commandLine.registerConverter(int.class, told(Converters::number));
    commandLine.registerConverter(Integer.class, told(Converters::number));
    commandLine.registerConverter(HostPort.class, told(HostPort::parse));
    commandLine.registerConverter(RemoteAddress.class, told(RemoteAddress::parse));
    commandLine.registerConverter(GroupAddress.class, told(GroupAddress::parse));
    commandLine.registerConverter(GroupNumber.class, told(GroupNumber::parse));
    commandLine.registerConverter(BounceGreeting.class, word(BounceGreeting.class));
    commandLine.registerConverter(ServiceAddress.class, told(ServiceAddress::parse));
    commandLine.registerConverter(PortRange.class, told(PortRange::parse));
    commandLine.registerConverter(Duration.class, told(Durations::parse));
    commandLine.registerConverter(ByteCount.class, told(ByteCount::parse));
    commandLine.registerConverter(Cidr.class, told(Cidr::parse));
    commandLine.registerConverter(NoiseProtocol.class, told(NoiseProtocol::parse));
    commandLine.registerConverter(PairedGroups.class, told(PairedGroups::parse));
    commandLine.registerConverter(ProtocolKind.class, word(ProtocolKind.class));
    commandLine.registerConverter(TransportKind.class, word(TransportKind.class));
    commandLine.registerConverter(Log.Level.class, word(Log.Level.class));
    commandLine.registerConverter(Log.Format.class, word(Log.Format.class));
    commandLine.registerConverter(ProxyHeader.Version.class, word(ProxyHeader.Version.class));
  }

  private static Integer number(String text) {
    try {
      return Integer.valueOf(text);
    } catch (NumberFormatException e) {
      throw new IllegalArgumentException(
          "'" + text + "' is no whole number, or too large for one", e);
    }
  }

  private static <T> ITypeConverter<T> told(Function<String, T> parser) {
    return text -> {
      try {
        return parser.apply(text);
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(e.getMessage());
      }
    };
  }

  private static <E extends Enum<E>> ITypeConverter<E> word(Class<E> type) {
    return told(text -> {
      for (E value : type.getEnumConstants()) {
        if (name(value).equals(text)) {
          return value;
        }
      }
      String words =
          String.join(", ", Arrays.stream(type.getEnumConstants()).map(Converters::name).toList());
      throw new IllegalArgumentException("'" + text + "' is none of " + words);
    });
  }

  private static String name(Enum<?> value) {
    return value.name().toLowerCase(Locale.ROOT);
  }
}
