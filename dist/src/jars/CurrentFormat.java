import static java.lang.classfile.ClassFile.JAVA_25_VERSION;

import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.lang.classfile.ClassFile;
import java.lang.classfile.ClassFile.ClassHierarchyResolverOption;
import java.lang.classfile.ClassFile.StackMapsOption;
import java.lang.classfile.ClassFileVersion;
import java.lang.classfile.ClassHierarchyResolver;
import java.lang.classfile.ClassModel;
import java.lang.classfile.ClassTransform;
import java.lang.classfile.CodeTransform;
import java.lang.constant.ClassDesc;
import java.nio.file.FileSystem;
import java.nio.file.FileSystems;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.attribute.FileTime;
import java.util.List;
import java.util.stream.Stream;

/**
 * Brings the classes of a library to the class file format of Java 25: java CurrentFormat.java JAR
 *
 * <p>Java keeps no class in a start-up cache whose format is older than 50 (Java 6), because such a class has no
 * StackMapTable (JVM specification, 4.10.2), and parses and verifies each of them at every start. The code of the
 * methods stays as it is; only the version and the StackMapTable attributes are new.
 */
class CurrentFormat {
  /** The oldest format whose classes Java keeps in a cache. */
  private static final int OLDEST_CACHED = 50;

  public static void main(String[] arguments) throws IOException {
    try (FileSystem jar = FileSystems.newFileSystem(Path.of(arguments[0]));
        Stream<Path> files = Files.walk(jar.getPath("/"))) {
      List<Path> classes =
          files.filter(file -> file.toString().endsWith(".class") && !file.startsWith("/META-INF")).toList();
      ClassHierarchyResolver types =
          ClassHierarchyResolver.ofResourceParsing(type -> open(jar, type))
              .orElse(ClassHierarchyResolver.defaultResolver());
      ClassFile format =
          ClassFile.of(StackMapsOption.GENERATE_STACK_MAPS, ClassHierarchyResolverOption.of(types));
      for (Path each : classes) {
        ClassModel before = format.parse(Files.readAllBytes(each));
        if (before.majorVersion() < OLDEST_CACHED) {
          FileTime time = Files.getLastModifiedTime(each);
          Files.write(each, current(format, before));
          Files.setLastModifiedTime(each, time); // the jar is the same whenever it is made
        }
      }
    }
  }

  /** Opens a class of the jar. Returns null, as the resolver wants it, for a class that is not in the jar. */
  private static InputStream open(FileSystem jar, ClassDesc type) {
    String descriptor = type.descriptorString();
    Path file = jar.getPath("/" + descriptor.substring(1, descriptor.length() - 1) + ".class");
    try {
      return Files.exists(file) ? Files.newInputStream(file) : null;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static byte[] current(ClassFile format, ClassModel before) {
    ClassTransform version =
        (builder, element) -> {
          if (element instanceof ClassFileVersion) {
            builder.withVersion(JAVA_25_VERSION, 0);
          } else {
            builder.with(element);
          }
        };
    // ACCEPT_ALL copies each instruction: code that is copied as a whole would get no StackMapTable.
    return format.transformClass(
        before, ClassTransform.transformingMethodBodies(CodeTransform.ACCEPT_ALL).andThen(version));
  }
}
