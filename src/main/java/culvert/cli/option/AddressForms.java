package culvert.cli.option;

import culvert.config.ServiceAddress;
import culvert.net.EveryAddress;
import culvert.net.HostPort;
import culvert.net.ServerAddress;
import culvert.net.UnixPath;
import java.util.function.Function;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/**
 * Converters of addresses that may be a port alone. The host is then this host: {@code localhost}
 * of a server to connect to, every address of a listener for other hosts.
 */
public final class AddressForms {

  private static final String LOCALHOST = "localhost";

  private static final AddressHint OF_SERVER = new AddressHint(AddressHint.Part.HOST, 1);
  private static final AddressHint OF_LISTENER = new AddressHint(AddressHint.Part.HOST, 0);
  private static final AddressHint WITH_BOTH = new AddressHint(AddressHint.Part.NONE, 1);
  private static final AddressHint WITH_DEFAULT_PORT = new AddressHint(AddressHint.Part.PORT, 1);

  private AddressForms() {}

  /** Reads the address of a server to connect to, or of a listener for this host only. */
  public static final class Local implements ITypeConverter<HostPort> {
    @Override
    public HostPort convert(String text) {
      return parse(OF_SERVER, "PORT or HOST:PORT", Local::address, text);
    }

    private static HostPort address(String text) {
      return HostPort.parseWithHost(LOCALHOST, text);
    }
  }

  /** Reads the address of a listener. */
  public static final class Listening implements ITypeConverter<HostPort> {
    @Override
    public HostPort convert(String text) {
      return parse(OF_LISTENER, "PORT or HOST:PORT", Listening::address, text);
    }

    private static HostPort address(String text) {
      return HostPort.parseWithHost(EveryAddress.host(), text);
    }
  }

  /** Reads the public address of a service, which may be a Unix socket. */
  public static final class Public implements ITypeConverter<ServerAddress> {
    @Override
    public ServerAddress convert(String text) {
      return UnixPath.isForm(text) ? unix(text) : new Listening().convert(text);
    }

    private static ServerAddress address(String text) {
      return UnixPath.isForm(text) ? unix(text) : Listening.address(text);
    }
  }

  /** Reads the address of an origin server, which may be a Unix socket. */
  public static final class Origin implements ITypeConverter<ServerAddress> {
    @Override
    public ServerAddress convert(String text) {
      return UnixPath.isForm(text) ? unix(text) : new Local().convert(text);
    }

    private static ServerAddress address(String text) {
      return UnixPath.isForm(text) ? unix(text) : Local.address(text);
    }
  }

  /** Reads a service and its origin server. */
  public static final class OriginServer implements ITypeConverter<ServiceAddress> {
    @Override
    public ServiceAddress convert(String text) {
      return service(OF_SERVER, Origin::address, text);
    }
  }

  /** Reads a service and its public address. */
  public static final class Outside implements ITypeConverter<ServiceAddress> {
    @Override
    public ServiceAddress convert(String text) {
      return service(OF_LISTENER, Public::address, text);
    }
  }

  private static UnixPath unix(String text) {
    try {
      return UnixPath.parse(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException(e.getMessage());
    }
  }

  private static ServiceAddress service(
      AddressHint hint, Function<String, ? extends ServerAddress> address, String text) {
    return parse(
        hint,
        "[NAME=]PORT or [NAME=]HOST:PORT, with a NAME of 1 to 64 letters, digits, dots,"
            + " dashes and underscores",
        one -> ServiceAddress.parse(one, address),
        text);
  }

  /** Parses the address of a server whose port may be omitted. */
  public static HostPort withDefaultPort(String text, int port) {
    return parse(WITH_DEFAULT_PORT, "HOST or HOST:PORT", one -> HostPort.parse(one, port), text);
  }

  /** Parses an address that needs a host and a port. */
  static <T> T parse(String form, Function<String, T> parser, String text) {
    return parse(WITH_BOTH, form, parser, text);
  }

  private static <T> T parse(
      AddressHint hint, String form, Function<String, T> parser, String text) {
    try {
      return parser.apply(text);
    } catch (IllegalArgumentException e) {
      throw new TypeConversionException("expected " + form + hint.of(text));
    }
  }
}
