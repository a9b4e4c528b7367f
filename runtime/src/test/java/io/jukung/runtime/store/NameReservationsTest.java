package io.jukung.runtime.store;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.ErrorKind;
import java.time.Instant;
import org.junit.jupiter.api.Test;

class NameReservationsTest {
  private Instant now = Instant.parse("2026-11-30T12:00:00Z");
  private final NameReservations<String> names = new NameReservations<>("pod", () -> now);

  @Test
  void refusalNamesTheCallThatHoldsTheNameItsStepAndSinceWhen() {
    Creation creation = names.reserve("web", "id1", "RunPodSandbox");
    now = now.plusSeconds(2);
    creation.at("network");
    now = now.plusSeconds(5);

    assertThatThrownBy(() -> names.reserve("web", "id2", "RunPodSandbox"))
        .isInstanceOfSatisfying(
            CriException.class, e -> assertThat(e.kind()).isEqualTo(ErrorKind.ALREADY_EXISTS))
        .hasMessage(
            "pod web is reserved for RunPodSandbox, which began 7 s ago and has been at the step"
                + " \"network\" for 5 s, with id id1");
    assertThat(names.creations()).containsOnlyKeys("web");
    assertThat(names.creation("web")).contains(creation);
  }

  @Test
  void nameOfAnObjectThatExistsHasNoCreation() {
    names.reserve("web", "id1", "RunPodSandbox");
    names.created("web", "other");
    assertThat(names.creations()).hasSize(1);
    names.created("web", "id1");

    assertThat(names.creations()).isEmpty();
    assertThat(names.owner("web")).contains("id1");
    assertThatThrownBy(() -> names.reserve("web", "id2"))
        .hasMessage("pod web exists already, with id id1");
    names.reserve("web", "id1");
  }

  @Test
  void releasedNameIsFreeForAnotherId() {
    names.reserve("web", "id1", "RunPodSandbox");
    names.release("web", "id2");
    assertThat(names.owners()).containsExactly("id1");
    names.release("web", "id1");

    assertThat(names.owner("web")).isEmpty();
    assertThat(names.creations()).isEmpty();
    names.reserve("web", "id2");
    assertThat(names.owner("web")).contains("id2");
  }
}
