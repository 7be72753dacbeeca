package culvert.config;

import culvert.protocol.Sha256;
import java.nio.file.Path;
import java.util.HexFormat;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;

/**
 * Digests of the files that settings name, as the process has read them last. A reload compares two
 * states, to report the secrets, keys and certificates that have changed.
 */
public final class ReadFiles {

  /** One entry for each file that a setting names. */
  private static final Map<Path, String> DIGESTS = new ConcurrentHashMap<>();

  private final Map<Path, String> digests;

  private ReadFiles(Map<Path, String> digests) {
    this.digests = digests;
  }

  /** Records the content of a file. */
  static void add(Path file, byte[] content) {
    DIGESTS.put(file, HexFormat.of().formatHex(Sha256.hash(content)));
  }

  /** Returns the present state. */
  public static ReadFiles now() {
    return new ReadFiles(Map.copyOf(DIGESTS));
  }

  /** Returns the files that a later state has with another content, sorted. */
  public List<Path> changedIn(ReadFiles later) {
    return digests.keySet().stream()
        .filter(file -> !digests.get(file).equals(later.digests.get(file)))
        .sorted()
        .toList();
  }
}
