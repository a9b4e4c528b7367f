package io.jukung.e2e;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The RPM package that {@code dist/rpm} makes, as rpm reads it. */
class RpmIT {
  private static final Path DIST =
      Path.of(System.getProperty("e2e.oci-image")).normalize().resolveSibling("rpm");

  @TempDir Path directory;

  private String run(String command) throws IOException, InterruptedException {
    Process process = new ProcessBuilder("sh", "-c", command).redirectErrorStream(true).start();
    process.getOutputStream().close();
    String output = new String(process.getInputStream().readAllBytes(), UTF_8);
    assertThat(process.waitFor()).as("%s: %s", command, output).isZero();
    return output;
  }

  /** Asks rpm about the package, with a database of its own. */
  private List<String> query(String what, Path file) throws Exception {
    return run("rpm --dbpath " + directory.resolve("db") + " -qp " + what + " " + file)
        .lines()
        .toList();
  }

  private Path make(String version, String name) throws Exception {
    Path made = directory.resolve(name);
    run(DIST + " --fast --version " + version + " " + made);
    return made.resolve("jukung-" + version + "-1.x86_64.rpm");
  }

  @Test
  void packageHasTheInstallationAndItsScripts() throws Exception {
    Path file = make("1.0~rc1", "once");
    assertThat(query("--qf '%{NAME} %{VERSION} %{ARCH} %{LICENSE}\\n'", file))
        .containsExactly("jukung 1.0~rc1 x86_64 Apache-2.0");
    assertThat(query("--list", file))
        .contains(
            "/usr/bin/jukung",
            "/usr/lib/jukung/bin/jukung",
            "/usr/lib/systemd/system/jukung.service",
            "/usr/lib/systemd/system/jukung-engine.service",
            "/usr/lib/systemd/system/jukung-engine.socket",
            "/etc/jukung/config.toml",
            "/usr/share/man/man1/jukung.1.gz",
            "/usr/share/zsh/site-functions/_jukung",
            "/usr/share/doc/jukung/LICENSE")
        .anyMatch(each -> each.matches("/usr/lib/jukung/lib/.*\\.aot"))
        .noneMatch(each -> each.startsWith("/tmp"));
    assertThat(query("--configfiles", file))
        .containsExactlyInAnyOrder("/etc/apparmor.d/jukung-default", "/etc/jukung/config.toml");
    assertThat(query("--qf '[%{FILEUSERNAME}:%{FILEGROUPNAME}\\n]'", file))
        .allMatch("root:root"::equals);
    assertThat(String.join("\n", query("--scripts", file)))
        .contains("systemctl preset jukung.service", "jukung rmp --force");
    assertThat(String.join("\n", query("--requires", file))).contains("glibc");

    // The files are those of the installation, with their times: start-up caches depend on both.
    Path root = directory.resolve("root");
    run("mkdir " + root + " && cd " + root + " && rpm2cpio " + file + " | cpio -idm --quiet");
    run(
        "diff -r --no-dereference -x etc -x share -x LICENSE -x NOTICE "
            + Path.of(System.getProperty("e2e.dist")).toRealPath()
            + " "
            + root.resolve("usr/lib/jukung"));
    assertThat(run("JUKUNG_CLIENT_SERVER=off " + root.resolve("usr/bin/jukung") + " --version"))
        .contains("jukung");
  }

  @Test
  void sameInstallationGivesTheSameFiles() throws Exception {
    String files = "--qf '[%{FILENAMES} %{FILEMD5S} %{FILEMODES} %{FILEMTIMES}\\n]'";
    assertThat(query(files, make("1.0", "once")))
        .isEqualTo(query(files, make("1.0", "twice")))
        .hasSizeGreaterThan(50);
  }
}
