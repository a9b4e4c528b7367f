package io.jukung.image.pull;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.credentials.Credentials;
import io.jukung.image.install.PullListener;
import io.jukung.image.manifest.Platform;
import io.jukung.image.pull.NamedImages.Policy;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.store.StoredImage;
import io.jukung.image.tar.TestTar;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Images of one name for several platforms, beside each other on a node. */
class NamedImagesTest {
  /** Neither this machine's nor one that a machine of developers emulates. */
  private static final Platform OTHER = new Platform("linux", "mips64le", "");

  @TempDir Path directory;
  private WildRegistry registry;
  private PullFixture fixture;
  private NamedImages images;
  private String name;

  @BeforeEach
  void start() throws Exception {
    registry = WildRegistry.start();
    fixture = new PullFixture(directory, PullFixture.PATIENT);
    images = new NamedImages(fixture.store, fixture.puller);
    name = registry.reference("multi:1");
    serve("first");
  }

  @AfterEach
  void stop() throws Exception {
    fixture.close();
    registry.close();
  }

  private void serve(String content) throws Exception {
    TestImage own = TestImage.of(new TestTar().file("own", content).bytes()).build();
    TestImage other =
        TestImage.of(new TestTar().file("other", content).bytes())
            .platform(OTHER.os(), OTHER.architecture())
            .build();
    registry.add("multi", "own", own);
    registry.add("multi", "other", other);
    Map<Platform, TestImage> all = new LinkedHashMap<>();
    all.put(Platform.current(), own);
    all.put(OTHER, other);
    registry.addIndex("multi", "1", TestImage.index(all));
  }

  private StoredImage get(String wanted, Platform platform, Policy policy) throws Exception {
    return images.get(
        wanted, platform, policy, each -> Credentials.ANONYMOUS, PullListener.NONE, "test");
  }

  @Test
  void imageOfAnotherPlatformIsFoundAgainByTheNameOfItsPull() throws Exception {
    StoredImage pulled = get(name, OTHER, Policy.IF_MISSING);
    assertThat(pulled.config().architecture()).isEqualTo("mips64le");
    assertThat(pulled.repoTags()).isEmpty();
    assertThat(get(name, OTHER, Policy.NEVER).id()).isEqualTo(pulled.id());
    assertThat(fixture.store.find(name)).as("what kubelet finds").isEmpty();
    StoredImage own = get(name, Platform.current(), Policy.IF_MISSING);
    assertThat(own.repoTags()).containsExactly(name);
    assertThat(get(name, OTHER, Policy.NEVER).id()).isEqualTo(pulled.id());
    assertThat(get(name, Platform.current(), Policy.NEVER).id()).isEqualTo(own.id());
  }

  @Test
  void newestImageOfAPlatformIsTaken() throws Exception {
    String first = get(name, OTHER, Policy.IF_MISSING).id();
    serve("second");
    assertThat(get(name, OTHER, Policy.IF_MISSING).id()).isEqualTo(first);
    String second = get(name, OTHER, Policy.ALWAYS).id();
    assertThat(second).isNotEqualTo(first);
    assertThat(get(name, OTHER, Policy.NEVER).id()).isEqualTo(second);
  }

  @Test
  void imageThatMustNotBePulledIsNotFound() {
    assertThatThrownBy(() -> get(name, OTHER, Policy.NEVER))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.NOT_FOUND))
        .hasMessageContaining(name)
        .hasMessageContaining("for linux/mips64le is not here");
  }

  @Test
  void imageOfAnIdIsNeverAnotherOne() throws Exception {
    String own = get(name, Platform.current(), Policy.IF_MISSING).id();
    assertThat(get(own, Platform.current(), Policy.ALWAYS).id()).isEqualTo(own);
    assertThatThrownBy(() -> get(own, OTHER, Policy.IF_MISSING))
        .hasMessageContaining(own + " is not for linux/mips64le");
  }
}
