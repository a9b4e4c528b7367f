package io.jukung.runtime.events;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import io.jukung.cri.CriException;
import io.jukung.cri.v1.ContainerEventResponse;
import io.jukung.runtime.container.ContainerImages;
import io.jukung.runtime.container.ContainerViews;
import io.jukung.runtime.store.ChangeListener.Change;
import io.jukung.runtime.store.ContainerStore;
import io.jukung.runtime.store.NamespaceOwner;
import io.jukung.runtime.store.Sandbox;
import io.jukung.runtime.store.SandboxName;
import io.jukung.runtime.store.SandboxRecord;
import io.jukung.runtime.store.SandboxStore;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(60)
class ContainerEventsTest {
  private final SandboxStore sandboxes = new SandboxStore();
  private final ContainerStore containers = new ContainerStore();
  private final ContainerViews views = new ContainerViews(_ -> ContainerImages.Names.NONE);
  private final ContainerEvents events =
      new ContainerEvents(sandboxes, containers, views, Duration.ofMinutes(1));

  private Sandbox sandbox(int number, String annotation) {
    String id = "%064x".formatted(number);
    Sandbox sandbox =
        new Sandbox(
            new SandboxRecord(
                SandboxRecord.VERSION,
                id,
                new SandboxName("pod-" + number, "uid-" + number, "default", 0),
                SandboxRecord.State.READY,
                1,
                "",
                new SandboxRecord.SandboxConfig(
                    "host",
                    "",
                    null,
                    List.of(),
                    Map.of(),
                    Map.of("note", annotation),
                    "",
                    Map.of(),
                    NamespaceOwner.NODE,
                    NamespaceOwner.CONTAINER,
                    NamespaceOwner.POD,
                    false,
                    null),
                false,
                List.of(),
                0,
                null));
    sandboxes.add(sandbox);
    return sandbox;
  }

  @Test
  void slowSubscriberIsToldHowManyEventsItMissedAndTheOthersGetAll() throws Exception {
    Sandbox sandbox = sandbox(1, "");
    Subscription slow = events.subscribe();
    Subscription quick = events.subscribe();
    for (int i = 0; i < Subscription.MAX_EVENTS + 10; i++) {
      events.changed(sandbox, Change.STARTED);
      assertThat(quick.take().getContainerId()).isEqualTo(sandbox.id());
    }
    assertThatThrownBy(slow::take)
        .isInstanceOf(CriException.class)
        .hasMessageContaining(": " + (Subscription.MAX_EVENTS + 10) + " events were not delivered");
    slow.close();
    events.changed(sandbox, Change.STOPPED);
    assertThat(events.subscribe()).as("a new subscription begins anew").isNotSameAs(slow);
  }

  @Test
  void queueIsLimitedInBytesToo() {
    Sandbox sandbox = sandbox(1, "x".repeat(1 << 20));
    Subscription slow = events.subscribe();
    for (int i = 0; i < 9; i++) {
      events.changed(sandbox, Change.STARTED);
    }
    assertThatThrownBy(slow::take).hasMessageContaining(": 9 events were not delivered");
  }

  @Test
  void eventLargerThanTheLimitIsDeliveredToWhoeverHasReadAllOthers() throws Exception {
    Sandbox sandbox = sandbox(1, "x".repeat(Subscription.MAX_BYTES));
    Subscription subscription = events.subscribe();
    events.changed(sandbox, Change.STARTED);
    assertThat(subscription.take().getContainerId()).isEqualTo(sandbox.id());
  }

  @Test
  void oneSubscriberTooManyIsRefused() {
    for (int i = 0; i < ContainerEvents.MAX_SUBSCRIBERS; i++) {
      events.subscribe();
    }
    assertThatThrownBy(events::subscribe)
        .isInstanceOf(CriException.class)
        .hasMessage("GetContainerEvents: there are 64 subscribers already");
  }

  @Test
  void eventsOfAPodComeInTheirOrderToEachOfManySubscribers() throws Exception {
    List<Subscription> subscribers = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      subscribers.add(events.subscribe());
    }
    int pods = 4;
    int changes = 200;
    List<Thread> threads = new ArrayList<>();
    for (int pod = 0; pod < pods; pod++) {
      Sandbox sandbox = sandbox(pod, "");
      for (int half = 0; half < 2; half++) { // two threads change each pod
        threads.add(
            Thread.ofPlatform()
                .start(
                    () -> {
                      for (int i = 0; i < changes / 2; i++) {
                        events.changed(sandbox, Change.STARTED);
                      }
                    }));
      }
    }
    for (Thread thread : threads) {
      thread.join();
    }
    for (Subscription subscriber : subscribers) {
      Map<String, Long> latest = new HashMap<>();
      for (int i = 0; i < pods * changes; i++) {
        ContainerEventResponse event = subscriber.take();
        Long before = latest.put(event.getContainerId(), event.getCreatedAt());
        assertThat(event.getCreatedAt()).isGreaterThan(before == null ? 0 : before);
      }
    }
  }

  @Test
  void eventsBeforeTheFirstSubscriberAreForgottenAfterAWhile() throws Exception {
    ContainerEvents late = new ContainerEvents(sandboxes, containers, views, Duration.ZERO);
    Sandbox sandbox = sandbox(1, "");
    late.changed(sandbox, Change.STARTED);
    Subscription subscription = late.subscribe();
    late.changed(sandbox, Change.STOPPED);
    assertThat(subscription.take().getContainerEventType().name())
        .isEqualTo("CONTAINER_STOPPED_EVENT");
  }

  @Test
  void nothingIsBuiltWhileNobodySubscribes() {
    ContainerEvents late = new ContainerEvents(sandboxes, containers, views, Duration.ZERO);
    Sandbox sandbox = sandbox(1, "");
    late.subscribe().close();
    late.changed(sandbox, Change.STARTED);
    Subscription subscription = late.subscribe();
    subscription.end();
    assertThatThrownBy(subscription::take).hasMessageContaining("the daemon is stopping");
  }
}
