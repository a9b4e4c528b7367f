package io.jukung.cli;

import static java.nio.charset.StandardCharsets.UTF_8;
import static org.assertj.core.api.Assertions.assertThat;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

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
