package io.jukung.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import io.jukung.cri.CriException;
import io.jukung.image.buildcache.CacheEntry;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import io.jukung.image.transfer.ImageExporter;
import io.jukung.linux.archive.TarInput;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

/** What instructions make of images, and what the cache keeps. */
class ImageBuildTest extends BuildHarness {
  // ── configuration ──────────────────────────────────────────────────────────────────────────

  @Test
  void instructionsMakeTheConfiguration() throws Exception {
    arguments = Map.of("PORT", "8080", "unused", "x");
    StoredImage image =
        build(
            """
            FROM BASE
            ARG PORT=1
            ARG TARGETARCH
            ENV B="two words" C=$A-$PORT
            ENV OLD old form
            LABEL a=1 "b c"=2
            EXPOSE $PORT 53/udp
            VOLUME ["/data", "/$C"]
            USER app:staff
            STOPSIGNAL SIGUSR1
            SHELL ["/bin/ash", "-ec"]
            ENTRYPOINT run $B
            CMD ["x", "$B"]
            HEALTHCHECK --interval=1m30s --retries=3 CMD curl -f http://localhost
            ONBUILD COPY a b
            MAINTAINER somebody
            """);
    JsonNode config = configuration(image).path("config");
    assertThat(config.path("Env").toString())
        .isEqualTo("[\"A=base\",\"B=two words\",\"C=base-8080\",\"OLD=old form\"]");
    assertThat(config.path("Labels").toString()).isEqualTo("{\"a\":\"1\",\"b c\":\"2\"}");
    assertThat(config.path("ExposedPorts").toString()).isEqualTo("{\"8080/tcp\":{},\"53/udp\":{}}");
    assertThat(config.path("Volumes").toString()).isEqualTo("{\"/data\":{},\"/base-8080\":{}}");
    assertThat(config.path("User").asText()).isEqualTo("app:staff");
    assertThat(config.path("Entrypoint").toString()).isEqualTo("[\"/bin/ash\",\"-ec\",\"run $B\"]");
    assertThat(config.path("Cmd").toString()).isEqualTo("[\"x\",\"$B\"]");
    assertThat(config.path("Healthcheck").toString())
        .isEqualTo(
            "{\"Test\":[\"CMD-SHELL\",\"curl -f http://localhost\"],\"Interval\":90000000000,"
                + "\"Retries\":3}");
    assertThat(config.path("OnBuild").toString()).isEqualTo("[\"COPY a b\"]");
    assertThat(configuration(image).path("author").asText()).isEqualTo("somebody");
    assertThat(events).contains("One or more build-args were not consumed: unused");
    assertThat(fixture.store.list()).extracting(StoredImage::id).contains(image.id());
  }

  @Test
  void commandsSeeTheVariablesUserAndDirectoryOfTheirPlace() throws Exception {
    arguments = Map.of("http_proxy", "http://proxy", "X", "given");
    var _ =
        build(
            """
            FROM BASE
            ARG X=default
            ENV Y=$X
            WORKDIR /a
            WORKDIR b
            USER app
            RUN make $Y
            RUN ["make", "$Y"]
            RUN <<EOF
            first
            second
            EOF
            RUN sh -e <<A && cat <<'B'
            one
            A
            two
            B
            RUN <<EOF
            #!/bin/program
            text
            EOF
            """);
    CommandRunner.Command first = commands.getFirst();
    assertThat(first.arguments()).containsExactly("/bin/sh", "-c", "make $Y");
    assertThat(first.environment())
        .containsEntry("X", "given")
        .containsEntry("Y", "given")
        .containsEntry("A", "base")
        .containsEntry("http_proxy", "http://proxy");
    assertThat(first.directory()).isEqualTo("/a/b");
    assertThat(first.user()).isEqualTo("app");
    assertThat(commands.get(1).arguments()).containsExactly("make", "$Y");
    assertThat(commands.get(2).arguments()).containsExactly("/bin/sh", "-c", "first\nsecond\n");
    assertThat(commands.get(3).arguments().getLast())
        .isEqualTo("sh -e <<A && cat <<'B'\none\nA\ntwo\nB\n");
    assertThat(commands.get(4).arguments()).containsExactly("/run/jukung-build/EOF");
    assertThat(commands.get(4).mounts()).hasSize(1);
  }

  // ── stages and copies ──────────────────────────────────────────────────────────────────────

  @Test
  void onlyNeededStagesAreBuiltAndFilesAreCopiedBetweenThem() throws Exception {
    context = new TestTar().file("file", "content").directory("dir").file("dir/x", "1").bytes();
    String dockerfile =
        """
        FROM BASE AS one
        COPY --chown=app:staff --chmod=640 file dir /out/
        FROM one AS two
        RUN unneeded
        FROM scratch AS three
        COPY --from=one /out/ /copied/
        COPY <<EOF <<'RAW' /texts/
        home of $HOME_OF
        EOF
        $raw
        RAW
        FROM three
        ARG LAST
        """;
    target = "three";
    StoredImage image = build(dockerfile);
    assertThat(commands).isEmpty();
    assertThat(file(image, "copied/x")).contains("1");
    assertThat(file(image, "texts/EOF")).contains("home of \n");
    assertThat(file(image, "texts/RAW")).contains("$raw\n");
    Path copied = fixture.mounted(image.id()).getLast().resolve("copied/file");
    assertThat(Files.getAttribute(copied, "unix:uid")).isEqualTo(12);
    assertThat(Files.getAttribute(copied, "unix:gid")).isEqualTo(50);
    target = "missing";
    assertThatThrownBy(() -> build(dockerfile)).hasMessageContaining("has no stage missing");
  }

  @Test
  void stagesThatDoNotNeedEachOtherRunAtTheSameTime() throws Exception {
    latches.put("one", new CountDownLatch(1));
    latches.put("two", new CountDownLatch(1));
    StoredImage image =
        build(
            """
            FROM BASE AS one
            RUN wait one
            FROM BASE AS two
            RUN wait two
            FROM scratch
            COPY --from=one /ran /one
            COPY --from=two /ran /two
            """);
    assertThat(file(image, "one")).isPresent();
    assertThat(file(image, "two")).isPresent();
  }

  @Test
  void triggersOfTheBaseRunFirstAndOnce() throws Exception {
    StoredImage first = build("FROM BASE\nONBUILD RUN trigger\nONBUILD ENV T=1\n");
    assertThat(commands).isEmpty();
    StoredImage second = build("FROM " + first.id() + "\nRUN own $T\n");
    assertThat(commands)
        .extracting(each -> each.arguments().getLast())
        .containsExactly("trigger", "own $T");
    assertThat(configuration(second).path("config").has("OnBuild")).isFalse();
    assertThat(commands.getLast().environment()).containsEntry("T", "1");
  }

  // ── cache ──────────────────────────────────────────────────────────────────────────────────

  @Test
  void cacheDependsOnContentAndSurvivesARestart() throws Exception {
    context = new TestTar().file("file", "one").bytes();
    String dockerfile = "FROM BASE\nRUN before\nCOPY file /\nRUN nothing\nRUN after\n";
    StoredImage first = build(dockerfile);
    assertThat(steps()).isZero();
    now = now.plusSeconds(1_000);
    StoredImage second = build(dockerfile);
    assertThat(steps()).isEqualTo(4);
    assertThat(second.id()).isEqualTo(first.id());
    openCache();
    assertThat(build(dockerfile).id()).isEqualTo(first.id());
    assertThat(steps()).isEqualTo(4);

    context = new TestTar().file("file", "two").bytes();
    StoredImage third = build(dockerfile);
    assertThat(steps()).isEqualTo(1);
    assertThat(file(third, "file")).contains("two");
    context = new TestTar().file("file", "one").bytes();
    assertThat(build(dockerfile).id()).isEqualTo(first.id());
    noCache = true;
    assertThat(build(dockerfile).id()).isNotEqualTo(first.id());
    assertThat(steps()).isZero();
  }

  @Test
  void variablesInvalidateCommandsAndSecretsDoNot() throws Exception {
    String dockerfile =
        "FROM BASE\nARG V\nRUN --mount=type=secret,id=known --mount=type=cache,target=/c x\n";
    arguments = Map.of("V", "1");
    var _ = build(dockerfile);
    assertThat(commands.getFirst().mounts()).hasSize(2);
    var _ = build(dockerfile);
    assertThat(steps()).isEqualTo(1);
    arguments = Map.of("V", "2");
    var _ = build(dockerfile);
    assertThat(steps()).isZero();
    assertThatThrownBy(() -> build("FROM BASE\nRUN --mount=type=secret,id=other,required=true x\n"))
        .hasMessageContaining("Dockerfile:2: secret other is not there");
  }

  @Test
  void prunedCacheLeavesTheImageAndNothingElse() throws Exception {
    String dockerfile = "FROM BASE\nRUN one\nRUN two\n";
    StoredImage image = build(dockerfile);
    assertThat(cache.list()).extracting(CacheEntry::instruction).contains("RUN /bin/sh -c two");
    assertThat(fixture.store.intermediates()).hasSize(2);
    assertThat(fixture.store.list()).hasSize(2); // the base and the new image
    assertThat(cache.prune(Duration.ofDays(1)).steps()).isZero();
    assertThat(cache.prune(Duration.ZERO).steps()).isEqualTo(2);
    assertThat(fixture.store.intermediates()).isEmpty();
    assertThat(file(image, "ran")).contains("number 2");
    var _ = build(dockerfile);
    assertThat(steps()).isZero();
  }

  @Test
  void resultsOfABuildThatWasCutShortAreRemovedAtTheStart() throws Exception {
    var _ = build("FROM BASE\nRUN one\n");
    try (Stream<Path> records = Files.list(temporary.resolve(node + "-steps"))) {
      for (Path each : records.toList()) {
        Files.writeString(each, "{damaged");
      }
    }
    openCache();
    assertThat(cache.list()).isEmpty();
    assertThat(fixture.store.intermediates()).isEmpty();
  }

  @Test
  void imageRemovedByItsIdIsMadeAgain() throws Exception {
    StoredImage first = build("FROM BASE\nRUN one\n");
    fixture.store.remove(first.id());
    for (String each : Set.copyOf(fixture.store.intermediates())) {
      fixture.store.remove(each);
    }
    assertThat(file(build("FROM BASE\nRUN one\n"), "ran")).contains("number 2");
  }

  // ── reproducible builds ────────────────────────────────────────────────────────────────────

  @Test
  void sourceDateEpochGivesTheSameImageTwice() throws Exception {
    arguments = Map.of("SOURCE_DATE_EPOCH", "1000000000");
    context = new TestTar().file("file", "content").bytes();
    noCache = true;
    String dockerfile = "FROM scratch\nWORKDIR /a/b\nCOPY file ./\nENV X=1\n";
    StoredImage first = build(dockerfile);
    now = now.plusSeconds(5_000);
    StoredImage second = build(dockerfile);
    assertThat(second.id()).isEqualTo(first.id());
    assertThat(configuration(first).path("created").asText()).isEqualTo("2001-09-09T01:46:40Z");
    Path layer = fixture.mounted(first.id()).getFirst();
    assertThat(Files.getLastModifiedTime(layer.resolve("a")).toMillis())
        .isEqualTo(1_000_000_000_000L);
  }

  // ── failures ───────────────────────────────────────────────────────────────────────────────

  @Test
  void failureShowsTheLineTheOutputAndTheCode() throws Exception {
    assertThatThrownBy(() -> build("FROM BASE\n\nRUN ok\nRUN fail\nRUN never\n"))
        .isInstanceOf(CriException.class)
        .hasMessage(
            "Dockerfile:4: process \"/bin/sh -c fail\" did not complete successfully: exit"
                + " code: 3");
    assertThat(events.getLast())
        .startsWith("failed 3 process")
        .contains("   4 | >>> RUN fail\n")
        .contains("   3 |     RUN ok\n");
    assertThat(commands).hasSize(2);
    assertThatThrownBy(() -> build("FROM BASE\nCOPY missing /\n"))
        .hasMessageContaining("Dockerfile:2: \"/missing\": not found in the context");
    assertThatThrownBy(() -> build("FROM BASE\nEXPOSE 0\n"))
        .hasMessageContaining("Dockerfile:2: \"0\" is not a port");
    assertThatThrownBy(() -> build("FROM BASE\nCOPY --parents a b\n"))
        .hasMessageContaining("Dockerfile:2: COPY --parents is not implemented");
    assertThatThrownBy(() -> build("FROM BASE\nRUN --mount=type=ssh,id=other,required=true x\n"))
        .hasMessageContaining("the SSH agent other is not there: give it with --ssh other");
  }

  @Test
  void agentsAreMountedWhereDockersBuilderHasThem() throws Exception {
    var _ =
        export(
            """
            FROM BASE
            RUN --mount=type=ssh --mount=type=ssh,target=/a,mode=0666,uid=12 x
            RUN --mount=type=ssh,id=other y
            ENV SSH_AUTH_SOCK=/own
            RUN --mount=type=ssh z
            """);
    assertThat(commands.get(0).mounts())
        .containsExactly(
            new CommandRunner.Mount.Agent("default", "/run/buildkit/ssh_agent.0", 0600, 0, 0),
            new CommandRunner.Mount.Agent("default", "/a", 0666, 12, 0));
    assertThat(commands.get(0).environment())
        .containsEntry("SSH_AUTH_SOCK", "/run/buildkit/ssh_agent.0");
    assertThat(commands.get(1).mounts()).isEmpty();
    assertThat(commands.get(1).environment()).doesNotContainKey("SSH_AUTH_SOCK");
    assertThat(commands.get(2).environment()).containsEntry("SSH_AUTH_SOCK", "/own");
  }

  @Test
  void resultGoesIntoArchivesAndTheStoreKeepsNoImage() throws Exception {
    var archive = new ByteArrayOutputStream();
    output = new BuildOutput.Files(archive);
    int before = fixture.store.list().size();
    assertThat(export("FROM scratch\nCOPY <<EOF /dir/file\ncontent\nEOF\n")).isEmpty();
    TarInput files = new TarInput(new ByteArrayInputStream(archive.toByteArray()));
    assertThat(files.next().orElseThrow().name()).isEqualTo("dir/");
    assertThat(files.next().orElseThrow().name()).isEqualTo("dir/file");
    for (ImageExporter.Format format : ImageExporter.Format.values()) {
      archive.reset();
      output = new BuildOutput.Archive(format, archive);
      assertThat(export("FROM scratch\nCOPY <<EOF /file\ncontent\nEOF\n")).startsWith("sha256:");
      assertThat(archive.size()).isGreaterThan(1_000);
    }
    assertThat(fixture.store.list()).hasSize(before);
    assertThat(fixture.store.intermediates()).hasSize(2); // those of the steps, in the cache
  }

  @Test
  void failureOfOneStageEndsTheOthers() throws Exception {
    assertThatThrownBy(
            () ->
                build(
                    """
                    FROM BASE AS one
                    RUN hang
                    FROM BASE AS two
                    RUN fail
                    FROM scratch
                    COPY --from=one /ran /one
                    COPY --from=two /ran /two
                    """))
        .hasMessageContaining("exit code: 3");
    try (Stream<Path> left = Files.list(fixture.store.temporary())) {
      assertThat(new ArrayList<>(left.toList())).isEmpty();
    }
  }
}
