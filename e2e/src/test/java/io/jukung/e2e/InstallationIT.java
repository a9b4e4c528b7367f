package io.jukung.e2e;

import static org.assertj.core.api.Assertions.assertThat;

import io.jukung.cri.v1.NamespaceMode;
import io.jukung.e2e.node.Await;
import io.jukung.e2e.node.Daemon;
import io.jukung.e2e.node.Node;
import io.jukung.e2e.node.Testbed;
import io.jukung.e2e.node.Testbed.Pod;
import java.io.DataInputStream;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import java.util.zip.ZipEntry;
import java.util.zip.ZipFile;
import org.junit.jupiter.api.Assumptions;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;

/**
 * Checks that the processes use the start-up caches and libraries of the installation. Without them
 * they work, too, but start slowly.
 */
@ExtendWith(Testbed.Extension.class)
class InstallationIT {
  /** Java 6: older classes have no StackMapTable. */
  private static final int OLDEST_CACHED_FORMAT = 50;

  /** A daemon of its own: other tests take memory from the one that they share. */
  @Test
  void daemonLogHasNoWarningOfTheJvm() throws Exception {
    try (Testbed testbed = Testbed.start(Map.of(), "")) {
      assertThat(testbed.daemon().log().lines())
          .noneMatch(
              line -> line.matches("(?i).*(VM warning|^WARNING:|\\[warning\\]|\\[error\\]).*"));
    }
  }

  @Test
  void daemonAndShimsMapTheirCachesAndTheInstalledLibraries(Testbed testbed) throws Exception {
    Pod pod = testbed.runPod("mapped", NamespaceMode.NODE);
    testbed.runContainer(pod, "sleeper", List.of("sleep", "1000"));
    Path home = Daemon.dist().toRealPath();
    assertThat(maps(testbed, Long.toString(testbed.daemon().pid())))
        .contains(home + "/lib/aot/daemon.aot")
        .contains(home + "/lib/native/libjffi");
    List<String> shims =
        testbed
            .node()
            .run("sh", "-c", "grep -l -a io.jukung.shim.Main /proc/[0-9]*/cmdline")
            .stdout()
            .lines()
            .map(line -> line.split("/", -1)[2])
            .toList();
    assertThat(shims).isNotEmpty();
    int checked = 0;
    for (String shim : shims) {
      if (maps(testbed, shim).contains("libjvm.so")) {
        Await.until( // a spare shim may still be starting
            "shim " + shim + " maps the installation's libraries",
            () -> maps(testbed, shim).contains(home + "/lib/native/libjffi"));
        assertThat(maps(testbed, shim)).contains(home + "/lib/aot/shim.aot");
        checked++;
      }
    }
    assertThat(checked).as("shims that were checked").isPositive();
  }

  /** A daemon of its own, which is started again because a testbed has pulled at its start. */
  @Test
  void libraryForDigestsIsLoadedFromTheInstallationWithTheFirstPull() throws Exception {
    try (Testbed testbed = Testbed.start(Map.of(), "")) {
      String library =
          Daemon.dist().toRealPath() + "/lib/native/libamazonCorrettoCryptoProvider.so";
      testbed.removeImage(testbed.busybox());
      testbed.killAndRestartDaemon();
      String pid = Long.toString(testbed.daemon().pid());
      assertThat(maps(testbed, pid)).doesNotContain(library);
      testbed.pull(testbed.busybox());
      assertThat(maps(testbed, pid)).contains(library);
      assertThat(testbed.daemon().log()).doesNotContain("NativeCryptography");
    }
  }

  /** Only the systemd cgroup driver needs the D-Bus library, which costs memory. */
  @Test
  void dbusLibraryIsNotLoadedWithTheCgroupfsDriver(Testbed testbed) throws Exception {
    Assumptions.assumeTrue(Node.cgroupDriver().equals("cgroupfs"));
    String loaded;
    // A daemon of its own: a JVM keeps the socket on which it has answered jcmd.
    try (Daemon daemon = Daemon.in(testbed.node(), "classes")) {
      daemon.start();
      loaded =
          testbed
              .node()
              .run(
                  Path.of(System.getProperty("java.home"), "bin/jcmd").toString(),
                  Long.toString(daemon.pid()),
                  "VM.class_hierarchy")
              .orThrow();
      daemon.terminate();
    }
    assertThat(loaded.lines().filter(line -> line.contains("jukung.runtime.cgroup.Cgroupfs")))
        .isNotEmpty();
    assertThat(loaded.lines().filter(line -> line.contains("freedesktop"))).isEmpty();
  }

  private static String maps(Testbed testbed, String pid) throws Exception {
    return testbed.node().run("cat", "/proc/" + pid + "/maps").stdout();
  }

  @Test
  void everyFileInLibHasAnEntryAndTextInTheTableOfLicences() throws Exception {
    Path licenses = Daemon.dist().resolve("share/licenses");
    Map<String, String> rows = new HashMap<>();
    for (String line : Files.readAllLines(licenses.resolve("README.md"))) {
      Matcher row = Pattern.compile("\\| (lib/\\S+).* \\| (.+) \\|").matcher(line);
      if (row.matches()) {
        rows.put(row.group(1), row.group(2));
      }
    }
    List<String> files = new ArrayList<>(List.of("lib/runtime", "lib/shim/shim.jar"));
    for (String directory : List.of("lib/app", "lib/native")) {
      try (Stream<Path> paths = Files.list(Daemon.dist().resolve(directory))) {
        paths.forEach(path -> files.add(directory + "/" + path.getFileName()));
      }
    }
    assertThat(files).hasSizeGreaterThan(10);
    assertThat(rows.keySet()).containsExactlyInAnyOrderElementsOf(files);
    for (Map.Entry<String, String> row : rows.entrySet()) {
      List<String> texts =
          Pattern.compile("\\]\\((.+?)\\)")
              .matcher(row.getValue())
              .results()
              .map(link -> link.group(1))
              .toList();
      assertThat(texts).as("licence texts of %s", row.getKey()).isNotEmpty();
      assertThat(texts).allSatisfy(text -> assertThat(licenses.resolve(text)).exists());
    }
    assertThat(Daemon.dist().resolve("LICENSE")).content().contains("Apache License");
    assertThat(Daemon.dist().resolve("NOTICE")).content().contains("jukung");
  }

  @Test
  void eachClassOfALibraryHasAFormatThatJavaKeepsInACache() throws Exception {
    List<Path> jars;
    try (Stream<Path> files = Files.list(Daemon.dist().resolve("lib/app"))) {
      jars = files.toList();
    }
    assertThat(jars).hasSizeGreaterThan(10);
    List<String> tooOld = new ArrayList<>();
    for (Path jar : jars) {
      try (ZipFile classes = new ZipFile(jar.toFile())) {
        for (ZipEntry entry : Collections.list(classes.entries())) {
          if (entry.getName().endsWith(".class")
              && !entry.getName().startsWith("META-INF/")
              && format(classes, entry) < OLDEST_CACHED_FORMAT) {
            tooOld.add(jar.getFileName() + ": " + entry.getName());
          }
        }
      }
    }
    assertThat(tooOld).isEmpty();
  }

  /** The major version of a class (JVM specification, 4.1). */
  private static int format(ZipFile jar, ZipEntry entry) throws IOException {
    try (DataInputStream in = new DataInputStream(jar.getInputStream(entry))) {
      in.skipNBytes(6);
      return in.readUnsignedShort();
    }
  }

  @Test
  void completionsAndManualPagesAreInstalled() {
    Path share = Daemon.dist().resolve("share");
    for (String shell : List.of("bash", "zsh", "fish")) {
      assertThat(share.resolve("completions/jukung." + shell)).content().contains("__complete");
    }
    assertThat(share.resolve("man/man1/jukung.1")).content().startsWith(".TH \"jukung\"");
    assertThat(share.resolve("man/man1/jukung-run.1")).content().contains("SYNOPSIS");
  }
}
