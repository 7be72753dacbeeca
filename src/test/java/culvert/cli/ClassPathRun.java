package culvert.cli;

import java.io.File;
import java.io.IOException;
import java.net.URISyntaxException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import picocli.CommandLine;

/**
 * A run of Culvert from the class path, outside its module, in a JVM of its own.
 *
 * @param exit the exit code
 * @param output standard output and standard error
 */
record ClassPathRun(int exit, String output) {

  /** Runs a command to its end. */
  static ClassPathRun of(List<String> jvmOptions, String... arguments)
      throws IOException, InterruptedException, URISyntaxException {
    var command = new ArrayList<String>();
    command.add(Path.of(System.getProperty("java.home"), "bin", "java").toString());
    command.addAll(jvmOptions);
    command.addAll(
        List.of("-cp", location(Main.class) + File.pathSeparator + location(CommandLine.class)));
    command.add(Main.class.getName());
    command.addAll(List.of(arguments));
    Process process = new ProcessBuilder(command).redirectErrorStream(true).start();
    String output = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    return new ClassPathRun(process.waitFor(), output);
  }

  private static Path location(Class<?> type) throws URISyntaxException {
    return Path.of(type.getProtectionDomain().getCodeSource().getLocation().toURI());
  }
}
