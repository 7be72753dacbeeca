package culvert.system;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.Stream;

/**
 * The resources of a process, as reported by the kernel.
 *
 * @param descriptors the number of open descriptors
 * @param sockets the number of descriptors that are sockets
 * @param threads the number of platform threads
 * @param residentMegabytes resident memory in MB
 */
record ProcessResources(int descriptors, int sockets, int threads, int residentMegabytes) {

  static ProcessResources of(long pid) throws IOException {
    Path folder = Path.of("/proc/" + pid);
    int descriptors = 0;
    int sockets = 0;
    try (var files = Files.newDirectoryStream(folder.resolve("fd"))) {
      for (Path file : files) {
        descriptors++;
        sockets += isSocket(file) ? 1 : 0;
      }
    }
    String status = Files.readString(folder.resolve("status"));
    return new ProcessResources(
        descriptors, sockets, number(status, "Threads"), number(status, "VmRSS") / 1024);
  }

  private static boolean isSocket(Path descriptor) {
    try {
      return Files.readSymbolicLink(descriptor).toString().startsWith("socket:");
    } catch (IOException e) {
      // Closed since the listing.
      return false;
    }
  }

  private static int number(String status, String name) {
    return Stream.of(status.split("\n"))
        .filter(line -> line.startsWith(name + ":"))
        .map(line -> Integer.valueOf(line.replaceAll("\\D", "")))
        .findFirst()
        .orElseThrow();
  }
}
