package culvert.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import culvert.observe.Log;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import org.junit.jupiter.api.Test;

/** Who may import whom, held against the compiled classes with the JDK's own jdeps. */
class ArrowsTest {

  /** A package may use those named here, itself, and nothing else of ours. */
  private static final Map<String, Set<String>> ALLOWED =
      Map.ofEntries(
          Map.entry("protocol", Set.of()),
          Map.entry("net", Set.of()),
          Map.entry("observe", Set.of()),
          Map.entry("config", Set.of("net", "noise", "protocol")),
          Map.entry("noise", Set.of()),
          Map.entry("mux", Set.of("net", "protocol")),
          Map.entry("transport", Set.of("config", "net", "noise", "protocol")),
          Map.entry("session", Set.of("config", "mux", "net", "protocol", "transport")),
          Map.entry(
              "remote",
              Set.of(
                  "compat.bore",
                  "config",
                  "mux",
                  "net",
                  "observe",
                  "protocol",
                  "session",
                  "transport")),
          Map.entry(
              "origin",
              Set.of("config", "mux", "net", "observe", "protocol", "session", "transport")),
          Map.entry(
              "compat.trp",
              Set.of("config", "mux", "net", "observe", "protocol", "session", "transport")),
          Map.entry(
              "compat.bore",
              Set.of("config", "mux", "net", "observe", "protocol", "session", "transport")),
          Map.entry("bounce", Set.of("config", "net", "observe", "protocol", "transport")),
          Map.entry(
              "cli",
              Set.of(
                  "bounce",
                  "compat.bore",
                  "compat.trp",
                  "config",
                  "net",
                  "noise",
                  "observe",
                  "origin",
                  "protocol",
                  "remote",
                  "session")));

  private static final Pattern ARROW =
      Pattern.compile("\\s+culvert\\.(\\S+)\\s+-> culvert\\.(\\S+)\\s.*");

  @Test
  void packagesUseOnlyTheFloorsBelowThem() {
    Map<String, Set<String>> found = arrows();
    assertThat(found.keySet())
        .as("packages jdeps saw")
        .containsExactlyInAnyOrderElementsOf(ALLOWED.keySet());
    found.forEach((from, to) -> assertThat(ALLOWED.get(from)).as(from).containsAll(to));
  }

  @Test
  void theModuleRequiresPicocliAndTheJdkOnly() {
    assertThat(Log.class.getModule().getDescriptor().requires())
        .extracting(ModuleDescriptor.Requires::name)
        .containsExactlyInAnyOrder(
            "java.base", "info.picocli", "jdk.httpserver", "jdk.net", "jdk.unsupported");
  }

  private static Map<String, Set<String>> arrows() {
    var arrows = new TreeMap<String, Set<String>>();
    for (String line : jdeps("-verbose:package").lines().toList()) {
      var matcher = ARROW.matcher(line);
      if (matcher.matches() && !matcher.group(1).equals(matcher.group(2))) {
        arrows.computeIfAbsent(matcher.group(1), key -> new TreeSet<>()).add(matcher.group(2));
      } else if (line.matches("\\s+culvert\\.\\S+\\s+-> \\S+.*")) {
        String from = line.strip().split(" ")[0].substring("culvert.".length());
        arrows.computeIfAbsent(from, key -> new TreeSet<>());
      }
    }
    return arrows;
  }

  private static String jdeps(String option) {
    var out = new StringWriter();
    var arguments = new ArrayList<>(List.of(option));
    arguments.add("--module-path");
    arguments.add(System.getProperty("jdk.module.path"));
    arguments.add("--multi-release");
    arguments.add("base");
    arguments.add("--ignore-missing-deps");
    arguments.add(Path.of("target", "classes").toString());
    var jdeps = ToolProvider.findFirst("jdeps").orElseThrow();
    int exit =
        jdeps.run(new PrintWriter(out), new PrintWriter(out), arguments.toArray(String[]::new));
    assertThat(exit).as(out.toString()).isZero();
    return out.toString();
  }
}
