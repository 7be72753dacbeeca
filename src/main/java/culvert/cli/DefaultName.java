package culvert.cli;

import culvert.config.ServiceAddress;
import culvert.protocol.Sha256;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HexFormat;
import java.util.List;
import java.util.OptionalInt;

/**
 * The default name of an origin proxy: the host's name and a short hash of the settings that
 * distinguish two processes on it: the services with their origin servers, and the requested port.
 * A restart keeps the name.
 */
final class DefaultName {

  private static final Path KERNEL_HOST_NAME = Path.of("/proc/sys/kernel/hostname");
  private static final int MAX_HOST_CHARS = 55;
  private static final int HASH_BYTES = 4;

  private DefaultName() {}

  /**
   * Returns the name for a process on this host.
   *
   * @param port the public port that it requests, if any
   */
  static String of(List<ServiceAddress> services, OptionalInt port) {
    return of(host(), services, port);
  }

  static String of(String host, List<ServiceAddress> services, OptionalInt port) {
    String plain = host.strip().replaceAll("[^A-Za-z0-9._-]", "-");
    String cut = plain.substring(0, Math.min(MAX_HOST_CHARS, plain.length()));
    return (cut.isEmpty() ? "origin" : cut) + "-" + hash(services, port);
  }

  /** Without a port the text is that of version 0.1.0, so that an update keeps the name. */
  private static String hash(List<ServiceAddress> services, OptionalInt port) {
    var parts = new ArrayList<String>();
    services.stream().map(ServiceAddress::toString).sorted().forEach(parts::add);
    port.ifPresent(number -> parts.add("port " + number));
    String all = String.join("\n", parts);
    byte[] digest = Sha256.hash(all.getBytes(StandardCharsets.UTF_8));
    return HexFormat.of().formatHex(digest, 0, HASH_BYTES);
  }

  /** Reads the kernel's host name first, because the JDK queries the resolver, which may block. */
  private static String host() {
    try {
      return Files.readString(KERNEL_HOST_NAME);
    } catch (IOException e) {
      try {
        return InetAddress.getLocalHost().getHostName();
      } catch (IOException none) {
        return "";
      }
    }
  }
}
