package io.jukung.cli.copy;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The path rules of `docker cp`, as its reference lists them. */
class LandingTest {
  @ParameterizedTest
  @CsvSource({
    "/a/file, false, /b/new, NOTHING, /b/, new",
    "/a/file, false, /b/there, FILE, /b/, there",
    "/a/file, false, /b/dir, DIRECTORY, /b/dir, file",
    "/a/file, false, /b/dir/, DIRECTORY, /b/dir/, file",
    "file, false, new, NOTHING, ., new",
    "/a/dir, true, /b/new, NOTHING, /b/, new",
    "/a/dir/, true, /b/new/, NOTHING, /b/, new",
    "/a/dir/., true, /b/new, NOTHING, /b/, new",
    "/a/dir, true, /b/dir, DIRECTORY, /b/dir, dir",
    "/a/dir/, true, /b/dir, DIRECTORY, /b/dir, dir",
    "/a/dir/., true, /b/dir, DIRECTORY, /b/dir, ''",
    "., true, /b/dir, DIRECTORY, /b/dir, ''",
    "/, true, /b/dir, DIRECTORY, /b/dir, ''",
  })
  void copyGoesWhereDockersGoes(
      String source,
      boolean isDirectory,
      String target,
      Landing.Found there,
      String directory,
      String name) {
    assertThat(Landing.of(Place.of(source), isDirectory, new Place("", target), there))
        .isEqualTo(new Landing(directory, name));
  }

  @ParameterizedTest
  @CsvSource({
    "/a/file, false, /b/missing/, NOTHING, there is no directory /b/missing/",
    "/a/dir, true, /b/file, FILE, cannot copy a directory to a file: /b/file is not a directory",
    "/a/file, false, /b/file/, FILE, /b/file/ is not a directory",
  })
  void copyThatDockerRefusesIsRefused(
      String source, boolean isDirectory, String target, Landing.Found there, String message) {
    assertThatThrownBy(
            () -> Landing.of(Place.of(source), isDirectory, new Place("", target), there))
        .hasMessage(message);
  }

  @ParameterizedTest
  @CsvSource({
    "web:/etc/hosts, web, /etc/hosts",
    "web:etc, web, /etc",
    "web:, web, /",
    "./a:b, '', ./a:b",
    "/a:b, '', /a:b",
    "file, '', file",
    "-, '', -",
    ":x, '', :x",
  })
  void placeIsInAContainerIfANameStandsBeforeAColon(String text, String container, String path) {
    assertThat(Place.of(text)).isEqualTo(new Place(container, path));
  }
}
