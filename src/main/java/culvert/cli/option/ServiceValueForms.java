package culvert.cli.option;

import culvert.config.Balance;
import culvert.config.ByteCount;
import culvert.config.HealthProbe;
import culvert.config.ServiceValue;
import culvert.net.Cidr;
import culvert.net.SocketMode;
import java.time.Duration;
import picocli.CommandLine.ITypeConverter;
import picocli.CommandLine.TypeConversionException;

/** Converters of values that may be for one service: {@code [NAME=]VALUE}. */
public final class ServiceValueForms {

  private ServiceValueForms() {}

  /**
   * Reads a value with the name of its service.
   *
   * @param <T> the type of the value
   */
  abstract static class Named<T> implements ITypeConverter<ServiceValue<T>> {
    private final Class<T> type;

    Named(Class<T> type) {
      this.type = type;
    }

    /** Returns the type of the value. */
    final Class<T> type() {
      return type;
    }

    /** Returns the converter of the value without a name, which is a key of its own in a file. */
    final ITypeConverter<T> value() {
      return Converters.of(type);
    }

    @Override
    public final ServiceValue<T> convert(String text) {
      try {
        return ServiceValue.parse(text, this::parse);
      } catch (TypeConversionException e) {
        throw e;
      } catch (IllegalArgumentException e) {
        throw new TypeConversionException(
            "expected [NAME=]VALUE, with a NAME of 1 to 64 letters, digits, dots, dashes and"
                + " underscores");
      }
    }

    private T parse(String text) {
      try {
        return value().convert(text);
      } catch (RuntimeException e) {
        throw e;
      } catch (Exception e) {
        throw new IllegalStateException("a converter failed on a text", e);
      }
    }
  }

  /** Reads a network. */
  public static final class Network extends Named<Cidr> {
    /** Creates the converter. */
    public Network() {
      super(Cidr.class);
    }
  }

  /** Reads how visitors are spread. */
  public static final class Policy extends Named<Balance> {
    /** Creates the converter. */
    public Policy() {
      super(Balance.class);
    }
  }

  /** Reads how an origin server is checked. */
  public static final class Probe extends Named<HealthProbe> {
    /** Creates the converter. */
    public Probe() {
      super(HealthProbe.class);
    }
  }

  /** Reads a duration. */
  public static final class Time extends Named<Duration> {
    /** Creates the converter. */
    public Time() {
      super(Duration.class);
    }
  }

  /** Reads a number. */
  public static final class Count extends Named<Integer> {
    /** Creates the converter. */
    public Count() {
      super(Integer.class);
    }
  }

  /** Reads the mode of a file. */
  public static final class Mode extends Named<SocketMode> {
    /** Creates the converter. */
    public Mode() {
      super(SocketMode.class);
    }
  }

  /** Reads a number of bytes. */
  public static final class Bytes extends Named<ByteCount> {
    /** Creates the converter. */
    public Bytes() {
      super(ByteCount.class);
    }
  }
}
