package io.jukung.image.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.catchThrowableOfType;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import io.jukung.image.pull.PullFixture;
import io.jukung.image.pull.TestImage;
import io.jukung.image.registry.WildRegistry;
import io.jukung.image.tar.TestTar;
import java.nio.file.Path;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Tags that images get and lose. */
class TagsTest {
  private static final String SECOND = "docker.io/library/second:latest";

  @TempDir private Path temporary;
  private PullFixture fixture;
  private WildRegistry registry;
  private String first;

  @BeforeEach
  void pull() throws Exception {
    fixture = new PullFixture(temporary.resolve("store"), PullFixture.PATIENT);
    registry = WildRegistry.start();
    registry.add("app", "1", TestImage.of(new TestTar().file("a", "a").bytes()).build());
    first = registry.reference("app:1");
    fixture.pull(first);
  }

  @AfterEach
  void close() throws Exception {
    registry.close();
    fixture.close();
  }

  @Test
  void imageLosesOneOfItsTagsAndKeepsTheOthers() throws Exception {
    StoredImage tagged = fixture.store.tag(first, "second");
    assertThat(tagged.repoTags()).containsExactlyInAnyOrder(first, SECOND);
    assertThat(fixture.store.untag(first).repoTags()).containsExactly(SECOND);
    assertThat(fixture.store.find(first)).isEmpty();
    assertThat(fixture.store.find(tagged.id()).orElseThrow().repoTags()).containsExactly(SECOND);
  }

  @Test
  void lastTagAndUnknownTagsAreRefused() {
    assertThat(refusal(first)).isEqualTo(ErrorKind.FAILED_PRECONDITION);
    assertThat(refusal("nosuch:1")).isEqualTo(ErrorKind.NOT_FOUND);
    assertThat(refusal("Not A Name")).isEqualTo(ErrorKind.INVALID_ARGUMENT);
    assertThat(fixture.store.find(first)).isPresent();
  }

  private ErrorKind refusal(String tag) {
    return catchThrowableOfType(CriException.class, () -> fixture.store.untag(tag)).kind();
  }
}
