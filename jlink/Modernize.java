import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.jar.JarEntry;
import java.util.jar.JarFile;
import java.util.jar.JarOutputStream;

/**
 * Rewrites a library's classes in the class-file version of Java 21, stack maps included, with the
 * JDK's own class-file API. The AOT cache takes no class that was compiled for Java 5, and picocli
 * is: without this, half of the start would be spent on loading and verifying it.
 *
 * <pre>java Modernize.java FROM.jar TO.jar</pre>
 */
final class Modernize {

  private static final int JAVA_21 = 65;

  private Modernize() {}

  public static void main(String[] args) throws IOException {
    try (var from = new JarFile(args[0]);
        OutputStream file = Files.newOutputStream(Path.of(args[1]));
        var to = new JarOutputStream(file)) {
      var hierarchy = hierarchy(from);
      for (JarEntry entry : from.stream().filter(e -> !e.isDirectory()).toList()) {
        var copy = new JarEntry(entry.getName());
        copy.setTime(entry.getTime());
        to.putNextEntry(copy);
        to.write(convert(from, entry, hierarchy));
        to.closeEntry();
      }
    }
  }

  /** Stack maps name common superclasses, so the library's own classes must be known. */
  private static ClassHierarchyResolver hierarchy(JarFile jar) {
    return ClassHierarchyResolver.ofResourceParsing(
            type -> {
              String name = type.descriptorString();
              var entry = jar.getEntry(name.substring(1, name.length() - 1) + ".class");
              try {
                return entry == null ? null : jar.getInputStream(entry);
              } catch (IOException e) {
                throw new UncheckedIOException(e);
              }
            })
        .orElse(ClassHierarchyResolver.defaultResolver())
        .cached();
  }

  private static byte[] convert(JarFile jar, JarEntry entry, ClassHierarchyResolver hierarchy)
      throws IOException {
    try (InputStream in = jar.getInputStream(entry)) {
      byte[] bytes = in.readAllBytes();
      boolean code =
          entry.getName().endsWith(".class") && !entry.getName().endsWith("module-info.class");
      return code ? convert(bytes, hierarchy) : bytes;
    }
  }

  private static byte[] convert(byte[] bytes, ClassHierarchyResolver hierarchy) {
    ClassFile classFile =
        ClassFile.of(
            ClassFile.StackMapsOption.GENERATE_STACK_MAPS,
            ClassFile.ClassHierarchyResolverOption.of(hierarchy));
    ClassTransform version =
        (builder, element) -> {
          if (element instanceof ClassFileVersion) {
            builder.withVersion(JAVA_21, 0);
          } else {
            builder.with(element);
          }
        };
    // Bodies are written anew, which is what makes their stack maps.
    ClassTransform bodies = ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL);
    return classFile.transformClass(classFile.parse(bytes), version.andThen(bodies));
  }
}
