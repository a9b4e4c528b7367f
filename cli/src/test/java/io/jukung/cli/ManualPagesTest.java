package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.jukung.cli.command.CliEnvironment;
import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import picocli.CommandLine;

class ManualPagesTest {
  @TempDir Path directory;

  @Test
  void everyCommandHasAPageWithItsOptions() throws Exception {
    ManualPages.write(directory, "1.0");
    List<Path> pages;
    try (Stream<Path> files = Files.list(directory)) {
      pages = files.toList();
    }
    assertThat(pages).hasSizeGreaterThan(20).contains(directory.resolve("jukung-run.1"));
    assertThat(pages).noneMatch(page -> page.toString().contains("__complete"));
    for (Path page : pages) {
      assertThat(page)
          .content()
          .startsWith(".TH \"jukung")
          .contains(".SH SYNOPSIS")
          .contains("help");
    }
    assertThat(directory.resolve("jukung-run.1")).content().contains("\\-\\-rm").contains("IMAGE");
    assertThat(directory.resolve("jukung.1")).content().contains("port\\-forward");
  }

  /** A percent sign that is not doubled makes picocli print a warning above the help. */
  @Test
  void helpOfEveryCommandIsFormattedWithoutAWarning() {
    CommandLine program = Jukung.all(CliEnvironment.ofProcess());
    PrintStream errors = System.err;
    ByteArrayOutputStream warnings = new ByteArrayOutputStream();
    System.setErr(new PrintStream(warnings, true, UTF_8));
    try {
      assertThat(program.getUsageMessage()).contains("stats");
      assertThat(program.getSubcommands()).hasSizeGreaterThan(20);
      for (CommandLine command : program.getSubcommands().values()) {
        assertThat(command.getUsageMessage()).isNotEmpty();
      }
    } finally {
      System.setErr(errors);
    }
    assertThat(warnings.toString(UTF_8)).isEmpty();
  }

  /** groff reports what it does not understand. */
  @Test
  void pagesAreCorrectRoff() throws Exception {
    ManualPages.write(directory, "1.0");
    assumeTrue(Files.isExecutable(Path.of("/usr/bin/groff")), "groff is not installed");
    Process groff =
        new ProcessBuilder("sh", "-c", "groff -man -Tascii -ww -z " + directory + "/*.1")
            .redirectErrorStream(true)
            .start();
    assertThat(new String(groff.getInputStream().readAllBytes(), UTF_8)).isEmpty();
    assertThat(groff.waitFor()).isZero();
  }
}
