package culvert.architecture;

import static java.util.Map.entry;
import static org.assertj.core.api.Assertions.assertThat;

import culvert.observe.Log;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.ModuleDescriptor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.Pattern;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Checks the imports between packages against the compiled classes, with the JDK's jdeps. */
class ImportRulesTest {

  /** A package may import from these packages and from itself, and no others of this project. */
  private static final Map<String, Set<String>> ALLOWED =
      Map.ofEntries(
          entry("setting", Set.of()),
          entry("net", Set.of()),
          entry("noise", Set.of()),
          entry("protocol", Set.of()),
          entry("protocol.bounce", Set.of("protocol")),
          entry("observe", Set.of()),
          entry("accept", Set.of("net", "observe", "protocol")),
          entry("http", Set.of()),
          entry("config", Set.of("net", "noise", "protocol", "protocol.bounce")),
          entry("config.toml", Set.of("config", "net", "noise")),
          entry("transport", Set.of("net", "protocol")),
          entry("transport.tls", Set.of("config", "net", "protocol", "transport")),
          entry("transport.noise", Set.of("config", "net", "noise", "protocol", "transport")),
          entry("transport.websocket", Set.of("config", "http", "net", "protocol", "transport")),
          entry(
              "transport.stack",
              Set.of(
                  "config",
                  "net",
                  "protocol",
                  "transport",
                  "transport.tls",
                  "transport.websocket")),
          entry(
              "route",
              Set.of(
                  "config",
                  "http",
                  "net",
                  "protocol",
                  "protocol.bounce",
                  "transport",
                  "transport.stack")),
          entry("mux", Set.of("net", "protocol")),
          entry("session", Set.of("config", "net", "observe", "protocol")),
          entry(
              "dialect.culvert",
              Set.of(
                  "config",
                  "mux",
                  "net",
                  "observe",
                  "protocol",
                  "session",
                  "transport",
                  "transport.noise",
                  "transport.stack")),
          entry("dialect.bore", Set.of("config", "net", "observe", "protocol", "session")),
          entry("dialect.trp", Set.of("config", "net", "observe", "protocol", "session")),
          entry(
              "remote",
              Set.of("accept", "config", "net", "observe", "protocol", "route", "session")),
          entry(
              "origin", Set.of("config", "http", "net", "observe", "protocol", "route", "session")),
          entry(
              "bounce.server",
              Set.of(
                  "accept",
                  "config",
                  "net",
                  "observe",
                  "protocol",
                  "protocol.bounce",
                  "transport",
                  "transport.stack")),
          entry("bounce.console", Set.of("bounce.server", "config", "net", "observe")),
          entry(
              "bounce.client",
              Set.of("config", "net", "observe", "protocol", "protocol.bounce", "route")),
          entry("cli.process", Set.of("bounce.server", "net", "observe")),
          entry("cli.demo", Set.of("cli.option", "cli.process", "config", "net")),
          entry("cli.importing", Set.of("cli.option", "cli.process", "config", "config.toml")),
          entry(
              "cli.option",
              Set.of(
                  "cli.process",
                  "config",
                  "config.toml",
                  "net",
                  "noise",
                  "observe",
                  "protocol",
                  "protocol.bounce")));

  /** Packages without imports that every package may import: ids that messages refer to. */
  private static final Set<String> IMPORTED_EVERYWHERE = Set.of("setting");

  /** Packages of the program's top layer: they may import everything. */
  private static final Set<String> UNRESTRICTED = Set.of("cli");

  /** Imports that one class of a package may have in addition, by the class. */
  private static final Map<String, Set<String>> ALLOWED_FOR_CLASS =
      Map.of(
          // Both create the connections to channel groups.
          "remote.ControlEndpoints", Set.of("protocol.bounce"),
          "origin.OriginProxy", Set.of("protocol.bounce"));

  private static final Pattern CLASS_IMPORT =
      Pattern.compile("\\s+culvert\\.(\\S+)\\s+-> culvert\\.(\\S+)\\s.*");

  @Test
  void packagesImportOnlyWhatTheTableAllows() {
    var found = imports();
    var wrong = new TreeSet<String>();
    found.forEach((type, packages) -> {
      String from = packageOf(type);
      Set<String> allowed = allowed(from, topLevel(type));
      packages.stream()
          .filter(to -> !UNRESTRICTED.contains(from) && !allowed.contains(to))
          .forEach(to -> wrong.add(type + " -> " + to));
    });
    assertThat(wrong).isEmpty();
  }

  @Test
  void tableNamesEveryPackage() {
    var packages = imports().keySet().stream().map(ImportRulesTest::packageOf);
    var named = Stream.concat(ALLOWED.keySet().stream(), UNRESTRICTED.stream());
    assertThat(packages.collect(Collectors.toSet()))
        .containsExactlyInAnyOrderElementsOf(named.collect(Collectors.toSet()));
  }

  @Test
  void architecturePageShowsTheTable() throws IOException {
    List<String> lines = Files.readAllLines(Path.of("src/site/markdown/architecture.md"));
    ALLOWED.forEach((name, packages) -> {
      String imports = String.join(", ", new TreeSet<>(packages));
      assertThat(lines.stream().filter(line -> line.startsWith("| `" + name + "` |")))
          .singleElement()
          .asString()
          .endsWith("| " + (imports.isEmpty() ? "nothing of this project" : imports) + " |");
    });
  }

  @Test
  void importsAllowedForOneClassExist() {
    var found = new TreeMap<String, Set<String>>();
    imports()
        .forEach((type, packages) ->
            found.computeIfAbsent(topLevel(type), key -> new TreeSet<>()).addAll(packages));
    ALLOWED_FOR_CLASS.forEach(
        (type, packages) -> assertThat(found.get(type)).as(type).containsAll(packages));
  }

  @Test
  void packagesFormNoCycle() {
    var graph = new TreeMap<String, Set<String>>();
    imports()
        .forEach((type, packages) ->
            graph.computeIfAbsent(packageOf(type), key -> new TreeSet<>()).addAll(packages));
    for (String start : graph.keySet()) {
      assertThat(reachable(graph, start)).as("cycle through " + start).doesNotContain(start);
    }
  }

  @Test
  void moduleRequiresPicocliTomljAndTheJdkOnly() {
    assertThat(Log.class.getModule().getDescriptor().requires())
        .extracting(ModuleDescriptor.Requires::name)
        .containsExactlyInAnyOrder(
            "java.base",
            "info.picocli",
            "jdk.httpserver",
            "jdk.net",
            "jdk.unsupported",
            "org.tomlj");
  }

  private static Set<String> allowed(String from, String type) {
    var allowed = new LinkedHashSet<>(ALLOWED.getOrDefault(from, Set.of()));
    allowed.addAll(IMPORTED_EVERYWHERE);
    allowed.addAll(ALLOWED_FOR_CLASS.getOrDefault(type, Set.of()));
    return allowed;
  }

  private static Set<String> reachable(Map<String, Set<String>> graph, String start) {
    var reached = new LinkedHashSet<String>();
    var next = new ArrayList<>(graph.get(start));
    while (!next.isEmpty()) {
      String at = next.removeLast();
      if (reached.add(at)) {
        next.addAll(graph.getOrDefault(at, Set.of()));
      }
    }
    return reached;
  }

  private static String packageOf(String type) {
    return type.substring(0, type.lastIndexOf('.'));
  }

  private static String topLevel(String type) {
    int nested = type.indexOf('$');
    return nested < 0 ? type : type.substring(0, nested);
  }

  /** Returns for each class the packages it imports from, other than its own. */
  private static Map<String, Set<String>> imports() {
    var imports = new TreeMap<String, Set<String>>();
    for (String line : jdeps("-verbose:class").lines().toList()) {
      var matcher = CLASS_IMPORT.matcher(line);
      if (matcher.matches()) {
        String from = matcher.group(1);
        String to = packageOf(matcher.group(2));
        var packages = imports.computeIfAbsent(from, key -> new TreeSet<>());
        if (!to.equals(packageOf(from))) {
          packages.add(to);
        }
      } else if (line.matches("\\s+culvert\\.\\S+\\s+-> \\S+.*")) {
        String from = line.strip().split(" ")[0].substring("culvert.".length());
        imports.computeIfAbsent(from, key -> new TreeSet<>());
      }
    }
    return imports;
  }

  private static String jdeps(String option) {
    var out = new StringWriter();
    var arguments = new ArrayList<>(List.of(option, "-filter:none", "--module-path"));
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
