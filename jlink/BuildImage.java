import java.io.File;
import java.io.IOException;
import java.io.PrintWriter;
import java.io.StringWriter;
import java.lang.module.ModuleFinder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.nio.file.attribute.FileTime;
import java.nio.file.attribute.PosixFilePermissions;
import java.time.Instant;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.spi.ToolProvider;
import java.util.stream.Collectors;

/**
 * Links the runtime image. Maven runs it with the selected JDK:
 *
 * <pre>java BuildImage.java JLINK-FOLDER TARGET-FOLDER VERSION TIMESTAMP DEPENDENCY...</pre>
 *
 * <p>The image in {@code target/image} has the required modules, the launchers and the JVM options.
 * A JDK of 24 or newer adds an ahead-of-time cache, recorded while every role runs under load.
 */
final class BuildImage {

  private static final List<String> LAUNCHERS =
      List.of("culvert", "remote-proxy", "origin-proxy", "bounce-server");
  private static final int FIRST_JDK_WITH_AOT_CACHE = 24;

  /** The folder of the dependencies to which a module descriptor was added. */
  private static final String DESCRIPTORS = "descriptors";

  private static final int STEP_LIMIT_SECONDS = 120;

  private final Path recipe;
  private final Path target;
  private final Path image;
  private final Path jar;

  private BuildImage(Path recipe, Path target, String version) {
    this.recipe = recipe;
    this.target = target;
    this.image = target.resolve("image");
    this.jar = target.resolve("culvert-" + version + ".jar");
  }

  public static void main(String[] args) throws Exception {
    var build = new BuildImage(Path.of(args[0]), Path.of(args[1]), args[2]);
    List<String> dependencies = List.of(args).subList(4, args.length);
    if (build.isUpToDate(dependencies)) {
      System.out.println("image: up to date");
      return;
    }
    build.pack(args[2], args[3]);
    build.deleteOld();
    build.link(build.describe(build.modernize(dependencies)));
    build.addFiles();
    build.train();
    build.addLaunchers();
    build.setDate(FileTime.from(Instant.now()));
    System.out.printf("image: %s, %d MiB%n", build.image, build.sizeInBytes() >> 20);
  }

  /** Returns whether a complete image of this JDK is newer than everything it is made of. */
  private boolean isUpToDate(List<String> dependencies) throws IOException {
    Path release = image.resolve("release");
    String java = "JAVA_VERSION=\"" + System.getProperty("java.version") + "\"";
    if (!Files.exists(release) || !Files.readAllLines(release).contains(java)) {
      return false;
    }
    var sources = new ArrayList<>(dependencies.stream().map(Path::of).toList());
    sources.add(recipe.resolveSibling("pom.xml"));
    sources.add(recipe.resolveSibling("LICENSE"));
    for (Path folder : List.of(recipe, target.resolve("classes"))) {
      try (var paths = Files.walk(folder)) {
        paths.forEach(sources::add);
      }
    }
    FileTime date = Files.getLastModifiedTime(release);
    for (Path source : sources) {
      if (Files.getLastModifiedTime(source).compareTo(date) >= 0) {
        return false;
      }
    }
    return true;
  }

  /** The date of the file {@code release} is the image's; an incomplete image is an old one. */
  private void setDate(FileTime date) throws IOException {
    Files.setLastModifiedTime(image.resolve("release"), date);
  }

  /** Packs the archive reproducibly: entries in order, all with one date. */
  private void pack(String version, String date) throws IOException {
    Path classes = target.resolve("classes");
    var arguments = new ArrayList<>(List.of("--create", "--file", jar.toString(), "--date", date));
    arguments.addAll(List.of("--main-class", "culvert.cli.Main", "--module-version", version));
    try (var paths = Files.walk(classes)) {
      for (Path path : paths.filter(Files::isRegularFile).sorted().toList()) {
        arguments.addAll(List.of("-C", classes.toString(), classes.relativize(path).toString()));
      }
    }
    tool("jar", arguments.toArray(String[]::new));
  }

  private void deleteOld() throws IOException {
    delete(image);
    delete(target.resolve(DESCRIPTORS));
  }

  private static void delete(Path folder) throws IOException {
    if (Files.exists(folder)) {
      try (var paths = Files.walk(folder)) {
        for (Path path : paths.sorted(Comparator.reverseOrder()).toList()) {
          Files.delete(path);
        }
      }
    }
  }

  /** Rewrites dependencies for the AOT cache, if this JDK has one; see Modernize. */
  private List<String> modernize(List<String> dependencies)
      throws IOException, InterruptedException {
    if (!hasAotCache()) {
      return dependencies;
    }
    var modern = new ArrayList<String>();
    for (String dependency : dependencies) {
      String copy = target.resolve(Path.of(dependency).getFileName()).toString();
      String source = recipe.resolve("Modernize.java").toString();
      run(
          new ProcessBuilder(jdkTool("java"), source, dependency, copy).inheritIO(),
          "could not rewrite " + dependency);
      modern.add(copy);
    }
    return modern;
  }

  /** Adds a module descriptor to each dependency without one, because jlink needs it. */
  private List<String> describe(List<String> dependencies) throws IOException {
    var described = new ArrayList<String>();
    for (String dependency : dependencies) {
      var module = ModuleFinder.of(Path.of(dependency)).findAll().iterator().next().descriptor();
      described.add(
          module.isAutomatic() ? describe(module.name(), dependency, dependencies) : dependency);
    }
    return described;
  }

  private String describe(String module, String dependency, List<String> all) throws IOException {
    Path folder = target.resolve(DESCRIPTORS).resolve(module);
    Path copy = folder.resolve(Path.of(dependency).getFileName());
    String others =
        all.stream()
            .filter(each -> !each.equals(dependency))
            .collect(Collectors.joining(File.pathSeparator));
    Files.createDirectories(folder);
    Files.copy(Path.of(dependency), copy, StandardCopyOption.REPLACE_EXISTING);
    tool(
        "jdeps",
        "--multi-release",
        "base",
        "--module-path",
        others,
        "--generate-module-info",
        folder.toString(),
        dependency);
    tool(
        "javac",
        "--module-path",
        others,
        "--patch-module",
        module + "=" + dependency,
        "-Xlint:-requires-transitive-automatic",
        "-d",
        folder.toString(),
        descriptor(folder).toString());
    tool(
        "jar", "--update", "--file", copy.toString(), "-C", folder.toString(), "module-info.class");
    return copy.toString();
  }

  /** Returns the file that jdeps wrote; its folder depends on whether an archive has versions. */
  private static Path descriptor(Path folder) throws IOException {
    try (var files = Files.walk(folder)) {
      return files.filter(file -> file.endsWith("module-info.java")).findFirst().orElseThrow();
    }
  }

  private static void tool(String name, String... arguments) {
    var output = new StringWriter();
    var printer = new PrintWriter(output);
    if (ToolProvider.findFirst(name).orElseThrow().run(printer, printer, arguments) != 0) {
      throw new IllegalStateException(name + " failed: " + output);
    }
  }

  private static boolean hasAotCache() {
    return Runtime.version().feature() >= FIRST_JDK_WITH_AOT_CACHE;
  }

  private static String jdkTool(String name) {
    return Path.of(System.getProperty("java.home"), "bin", name).toString();
  }

  private void link(List<String> dependencies) throws IOException, InterruptedException {
    var modulePath = new ArrayList<>(dependencies);
    modulePath.add(jar.toString());
    run(
        new ProcessBuilder(
                jdkTool("jlink"),
                "@" + recipe.resolve("jlink.options"),
                "--module-path",
                String.join(File.pathSeparator, modulePath),
                "--output",
                image.toString())
            .inheritIO(),
        "jlink failed");
    setDate(FileTime.fromMillis(0));
  }

  private void addFiles() throws IOException {
    Files.copy(
        recipe.resolve("jvm.options"),
        image.resolve("lib/culvert.options"),
        StandardCopyOption.REPLACE_EXISTING);
    Files.copy(
        recipe.resolveSibling("LICENSE"),
        image.resolve("LICENSE"),
        StandardCopyOption.REPLACE_EXISTING);
    // The other dependencies have the licence of this project.
    Path ofAntlr = Files.createDirectories(image.resolve("legal/org.antlr.antlr4.runtime"));
    Files.copy(recipe.resolve("antlr-license.txt"), ofAntlr.resolve("LICENSE"));
  }

  private void addLaunchers() throws IOException, InterruptedException {
    String template =
        Files.readString(recipe.resolve("launcher")).replace("@CHECKSUM@", cacheChecksum());
    for (String name : LAUNCHERS) {
      Path launcher = image.resolve("bin").resolve(name);
      String command = name.equals("culvert") ? "" : " " + name;
      Files.writeString(launcher, template.replace(" @COMMAND@", command).replace("@NAME@", name));
      Files.setPosixFilePermissions(launcher, PosixFilePermissions.fromString("rwxr-xr-x"));
    }
  }

  /** Returns the line that {@code cksum} prints for the AOT cache. */
  private String cacheChecksum() throws IOException, InterruptedException {
    if (!hasAotCache()) {
      return "no cache";
    }
    Path line = target.resolve("checksum");
    run(
        new ProcessBuilder("cksum").redirectInput(cache().toFile()).redirectOutput(line.toFile()),
        "cksum failed");
    return Files.readString(line).strip();
  }

  private Path cache() {
    return image.resolve("lib/culvert.aot");
  }

  /** Records a run, then writes the cache: the two steps that every JDK with a cache supports. */
  private void train() throws IOException, InterruptedException {
    if (!hasAotCache()) {
      System.out.println("image: this JDK has no AOT cache, so the image starts without one");
      return;
    }
    Path recording = image.resolve("lib/culvert.aotconf");
    Files.deleteIfExists(trainingLog());
    java("-XX:AOTMode=record", "-XX:AOTConfiguration=" + recording);
    // Interpreted: the cache would otherwise hold profiles of its own creation, half a megabyte.
    java(
        "-Xint",
        "-XX:AOTMode=create",
        "-XX:AOTConfiguration=" + recording,
        "-XX:AOTCache=" + cache());
    Files.delete(recording);
  }

  private void java(String... options) throws IOException, InterruptedException {
    var command = new ArrayList<String>();
    command.add(image.resolve("bin/java").toString());
    command.add("@" + image.resolve("lib/culvert.options"));
    command.addAll(List.of(options));
    command.addAll(List.of("-m", "culvert", "train"));
    var builder = new ProcessBuilder(command).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(trainingLog().toFile()));
    // Settings in the environment must not change what is recorded.
    builder
        .environment()
        .keySet()
        .removeIf(name -> name.startsWith("CULVERT_") || name.endsWith("JAVA_OPTIONS"));
    run(builder, "the training run failed, see " + trainingLog());
  }

  private Path trainingLog() {
    return target.resolve("training.log");
  }

  private static void run(ProcessBuilder builder, String failure)
      throws IOException, InterruptedException {
    Process process = builder.start();
    if (!process.waitFor(STEP_LIMIT_SECONDS, TimeUnit.SECONDS)) {
      process.destroyForcibly();
      throw new IllegalStateException(failure + ": time limit exceeded");
    }
    if (process.exitValue() != 0) {
      throw new IllegalStateException(failure + ": exit code " + process.exitValue());
    }
  }

  private long sizeInBytes() throws IOException {
    try (var paths = Files.walk(image)) {
      return paths.filter(Files::isRegularFile).mapToLong(path -> path.toFile().length()).sum();
    }
  }
}
