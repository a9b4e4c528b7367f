package io.jukung.image.build;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import io.jukung.cri.CriException;
import io.jukung.image.content.Digest;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.TestImage;
import io.jukung.image.push.ImagePusher;
import io.jukung.image.push.PushListener;
import io.jukung.image.push.PushedImage;
import io.jukung.image.registry.DebianRegistry;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.io.ByteArrayOutputStream;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/** Builds for other platforms than this node's, and for several. */
class PlatformBuildTest extends BuildHarness {
  /** Neither this machine's nor one that a machine of developers emulates. */
  private static final Platform OTHER = new Platform("linux", "mips64le", "");

  private TestImage other;

  @BeforeEach
  void addIndex() throws Exception {
    TestImage own = TestImage.of(new TestTar().file("own", "own").bytes()).build();
    other =
        TestImage.of(new TestTar().file("other", "other").bytes())
            .platform(OTHER.os(), OTHER.architecture())
            .build();
    registry.add("multi", "own", own);
    registry.add("multi", "other", other);
    Map<Platform, TestImage> images = new LinkedHashMap<>();
    images.put(Platform.current(), own);
    images.put(OTHER, other);
    registry.addIndex("multi", "1", TestImage.index(images));
    base = registry.reference("multi:1");
    context = new TestTar().file("a", "a").bytes();
  }

  @Test
  void imageIsBasedOnThatOfItsPlatformAndTakesNoNameFromThatOfTheNode() throws Exception {
    StoredImage own = fixture.pull(base);
    platforms = List.of(OTHER);
    StoredImage image =
        build(
            """
            FROM BASE
            ARG TARGETPLATFORM
            ARG TARGETARCH
            ARG BUILDPLATFORM
            ENV ARGS=$TARGETPLATFORM,$TARGETARCH,$BUILDPLATFORM
            COPY a /copied
            """);
    assertThat(file(image, "other")).contains("other");
    assertThat(file(image, "own")).isEmpty();
    assertThat(file(image, "copied")).contains("a");
    assertThat(configuration(image).path("architecture").asText()).isEqualTo("mips64le");
    assertThat(configuration(image).at("/config/Env/0").asText())
        .isEqualTo("ARGS=linux/mips64le,mips64le," + Platform.current());
    assertThat(fixture.store.find(base)).map(StoredImage::id).contains(own.id());
    int requests = registry.requests(other.manifestDigest()).size();
    var _ = build("FROM BASE\nCOPY a /again\n");
    assertThat(registry.requests(other.manifestDigest())).hasSize(requests);
  }

  @Test
  void stageThatSaysSoIsForTheNode() throws Exception {
    platforms = List.of(OTHER);
    StoredImage image =
        build(
            """
            FROM --platform=$BUILDPLATFORM BASE AS compiler
            ARG TARGETARCH
            RUN compile for $TARGETARCH
            FROM scratch
            COPY --from=compiler /own /made-by
            COPY --from=BASE /other /of-target
            """);
    assertThat(commands).hasSize(1);
    assertThat(file(image, "made-by")).contains("own");
    assertThat(file(image, "of-target")).contains("other");
    assertThat(configuration(image).path("architecture").asText()).isEqualTo("mips64le");
  }

  @Test
  void commandOfAPlatformThatTheNodeCannotRunIsRefused() {
    platforms = List.of(OTHER);
    assertThatThrownBy(() -> build("FROM BASE\nRUN true\n"))
        .isInstanceOf(CriException.class)
        .hasMessageContaining("RUN needs programs of linux/mips64le, and this node is ")
        .hasMessageContaining("binfmt_misc with the flag F");
    assertThat(commands).isEmpty();
  }

  @Test
  void platformThatTheBaseDoesNotHaveIsNamed() throws Exception {
    platforms = List.of(new Platform("linux", "s390x", ""));
    assertThatThrownBy(() -> build("FROM BASE\n"))
        .hasMessageContaining("has no image for linux/s390x, only for ");
    base = registry.reference("base:1");
    assertThatThrownBy(() -> build("FROM BASE\n"))
        .hasMessageContaining("is for " + Platform.current() + " and not for linux/s390x");
    assertThatThrownBy(() -> build("FROM --platform=windows BASE\n"))
        .hasMessageContaining("\"windows\" is no platform of Linux");
  }

  @Test
  void severalPlatformsGiveAnIndexThatIsPushedWhole() throws Exception {
    DebianRegistry target = DebianRegistry.start(Files.createDirectories(temporary.resolve("to")));
    try {
      platforms = List.of(OTHER, Platform.current());
      tags = List.of(target.reference("built:1"));
      StoredImage image = build("FROM BASE\nCOPY a /copied\n");
      assertThat(events)
          .anyMatch(each -> each.startsWith("[linux/mips64le 2/2] COPY"))
          .anyMatch(each -> each.startsWith("[" + Platform.current() + " 2/2] COPY"));
      assertThat(file(image, "own")).contains("own");
      assertThat(image.repoTags()).isEqualTo(tags);
      for (StoredImage each : fixture.store.list()) {
        if (!each.id().equals(image.id())) {
          fixture.store.remove(each.id()); // the record of the new image holds all that it needs
        }
      }
      assertThat(push(target)).containsExactly("mips64le", Platform.current().architecture());

      context = new TestTar().file("a", "changed").bytes();
      platforms = List.of(Platform.current(), OTHER);
      var _ = build("FROM BASE\nCOPY a /copied\n");
      assertThat(push(target)).containsExactly(Platform.current().architecture(), "mips64le");

      // The image of this node is the same as before, and is in two indexes.
      platforms = List.of(Platform.current(), new Platform("linux", "mips64le", "r2"));
      base = "scratch";
      var _ = build("FROM BASE\nCOPY a /copied\n");
      platforms = List.of(Platform.current());
      String own = build("FROM BASE\nCOPY a /copied\n").id();
      platforms = List.of(OTHER, Platform.current());
      assertThat(build("FROM BASE\nCOPY a /copied\n").id()).isEqualTo(own);
      assertThat(push(target)).containsExactly("mips64le", Platform.current().architecture());
    } finally {
      target.close();
    }
  }

  /** Pushes the index, and returns the architectures that the registry has of it. */
  private List<String> push(DebianRegistry target) throws Exception {
    PushedImage pushed =
        new ImagePusher(fixture.store, fixture.client)
            .push(
                tags.getFirst(),
                Credentials.ANONYMOUS,
                ImagePusher.Platforms.ALL,
                PushListener.NONE);
    JsonNode index = new ObjectMapper().readTree(target.bytes("built", "manifests/1"));
    assertThat(Digest.sha256(target.bytes("built", "manifests/1"))).isEqualTo(pushed.digest());
    List<String> architectures = new ArrayList<>();
    for (JsonNode entry : index.path("manifests")) {
      JsonNode manifest =
          new ObjectMapper()
              .readTree(target.bytes("built", "manifests/" + entry.path("digest").asText()));
      String config = manifest.at("/config/digest").asText();
      architectures.add(
          new ObjectMapper()
              .readTree(target.bytes("built", "blobs/" + config))
              .path("architecture")
              .asText());
    }
    return architectures;
  }

  @Test
  void severalPlatformsGoIntoTheStoreAlone() {
    platforms = List.of(OTHER, Platform.current());
    output = new BuildOutput.Files(new ByteArrayOutputStream());
    assertThatThrownBy(() -> build("FROM BASE\n"))
        .hasMessageContaining("a build for several platforms with --output");
  }
}
