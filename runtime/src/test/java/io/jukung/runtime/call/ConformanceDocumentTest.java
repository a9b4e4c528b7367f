package io.jukung.runtime.call;

import static org.assertj.core.api.Assertions.assertThat;

import com.google.protobuf.Descriptors.MethodDescriptor;
import io.jukung.cri.v1.RunPodSandboxRequest;
import io.jukung.runtime.network.cni.CniVersion;
import io.jukung.runtime.spec.Spec;
import java.io.IOException;
import java.lang.reflect.RecordComponent;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.regex.Pattern;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** Compares docs/conformance.md with what the code has. */
class ConformanceDocumentTest {
  private static final Path REPOSITORY = Path.of("..").toAbsolutePath().normalize();
  private static final Path DOCUMENT = REPOSITORY.resolve("docs/conformance.md");
  private static final Pattern CODE = Pattern.compile("`([^`]+)`");
  private static final Pattern TEST_CLASS = Pattern.compile("[A-Z][A-Za-z]+(Test|IT)");

  /** The rows of the section with the heading, up to the next heading of the same rank. */
  private static List<String> rows(String heading) throws IOException {
    List<String> rows = new ArrayList<>();
    boolean inside = false;
    for (String line : Files.readAllLines(DOCUMENT)) {
      if (line.startsWith("## ")) {
        inside = line.equals("## " + heading);
      } else if (inside && line.startsWith("| `")) {
        rows.add(line);
      }
    }
    assertThat(rows).as(heading).isNotEmpty();
    return rows;
  }

  private static List<String> named(String text) {
    return CODE.matcher(text).results().map(found -> found.group(1)).toList();
  }

  private static String column(String row, int index) {
    return row.split("\\|", -1)[index + 1];
  }

  @Test
  void everyCallOfTheInterfaceHasOneRow() throws Exception {
    List<String> listed = new ArrayList<>();
    for (String row : rows("Container Runtime Interface")) {
      listed.addAll(named(column(row, 0)));
    }
    List<String> calls =
        RunPodSandboxRequest.getDescriptor().getFile().getServices().stream()
            .flatMap(service -> service.getMethods().stream())
            .map(MethodDescriptor::getName)
            .distinct()
            .toList();
    assertThat(listed).containsExactlyInAnyOrderElementsOf(calls);
  }

  @Test
  void everyPropertyOfAContainersConfigurationHasOneRow() throws Exception {
    List<String> rows = rows("OCI runtime specification");
    List<String> listed = rows.stream().flatMap(row -> named(column(row, 0)).stream()).toList();
    List<String> written = new ArrayList<>(components(Spec.class));
    written.addAll(components(Spec.Linux.class));
    assertThat(listed).containsExactlyInAnyOrderElementsOf(written);
    assertThat(propertiesOf(rows, "process")).containsAll(components(Spec.Process.class));
    assertThat(propertiesOf(rows, "process")).containsAll(components(Spec.User.class));
    assertThat(propertiesOf(rows, "resources")).containsAll(components(Spec.Resources.class));
    assertThat(propertiesOf(rows, "resources")).containsAll(components(Spec.Memory.class));
    assertThat(propertiesOf(rows, "resources")).containsAll(components(Spec.Cpu.class));
    assertThat(propertiesOf(rows, "mounts")).containsAll(components(Spec.Mount.class));
    assertThat(propertiesOf(rows, "seccomp")).containsAll(components(Spec.Seccomp.class));
  }

  private static List<String> propertiesOf(List<String> rows, String property) {
    return rows.stream()
        .filter(row -> named(column(row, 0)).equals(List.of(property)))
        .flatMap(row -> named(column(row, 1)).stream())
        .toList();
  }

  private static List<String> components(Class<? extends Record> type) {
    return Arrays.stream(type.getRecordComponents()).map(RecordComponent::getName).toList();
  }

  @Test
  void everyVersionOfTheNetworkInterfaceIsNamed() throws Exception {
    Set<String> listed = new HashSet<>();
    for (String row : rows("Container Network Interface")) {
      listed.addAll(named(column(row, 0)));
    }
    assertThat(listed)
        .isEqualTo(
            Arrays.stream(CniVersion.values())
                .map(CniVersion::toString)
                .collect(Collectors.toSet()));
  }

  @Test
  void everyTestThatIsNamedExists() throws Exception {
    Set<String> tests = new HashSet<>();
    try (Stream<Path> modules = Files.list(REPOSITORY)) {
      for (Path sources : modules.map(module -> module.resolve("src/test/java")).toList()) {
        if (Files.isDirectory(sources)) {
          try (Stream<Path> files = Files.walk(sources)) {
            files
                .map(file -> file.getFileName().toString().replace(".java", ""))
                .forEach(tests::add);
          }
        }
      }
    }
    List<String> missing =
        named(Files.readString(DOCUMENT)).stream()
            .filter(name -> TEST_CLASS.matcher(name).matches())
            .filter(name -> !tests.contains(name))
            .toList();
    assertThat(missing).isEmpty();
  }
}
