package io.jukung.runtime.life;

import io.jukung.client.v1.Condition;
import io.jukung.client.v1.ConditionsRequest;
import io.jukung.client.v1.ConditionsResponse;
import io.jukung.client.v1.Health;
import io.jukung.client.v1.HealthProbe;
import io.jukung.runtime.cgroup.Freezer;
import io.jukung.runtime.cgroup.PodCgroups;
import io.jukung.runtime.own.OwnContainers;
import io.jukung.runtime.store.Container;
import io.jukung.runtime.store.ContainerStore;
import java.io.IOException;
import java.util.Collection;
import java.util.List;

/** Says of containers what CRI has no words for. */
public final class Conditions {
  private final ContainerStore containers;
  private final OwnContainers own;
  private final PodCgroups cgroups;
  private final Restarts restarts;
  private final HealthProbes health;

  public Conditions(
      ContainerStore containers,
      OwnContainers own,
      PodCgroups cgroups,
      Restarts restarts,
      HealthProbes health) {
    this.containers = containers;
    this.own = own;
    this.cgroups = cgroups;
    this.restarts = restarts;
    this.health = health;
  }

  public ConditionsResponse call(ConditionsRequest request) throws IOException {
    Collection<Container> asked =
        request.getContainerId().isEmpty()
            ? containers.all()
            : List.of(containers.get(request.getContainerId()));
    ConditionsResponse.Builder response = ConditionsResponse.newBuilder();
    for (Container each : asked) {
      response.addConditions(condition(each));
    }
    return response.build();
  }

  private Condition condition(Container container) throws IOException {
    Condition.Builder condition =
        Condition.newBuilder()
            .setContainerId(container.id())
            .setPaused(
                container.status().mayRun()
                    && Freezer.isFrozen(cgroups.at(container.record().cgroup())))
            .setOwn(own.isOwn(container))
            .setRestarts(restarts.count(container))
            .setRestarting(restarts.isAbout(container));
    health.of(container).ifPresent(state -> condition.setHealth(message(state)));
    return condition.build();
  }

  private static Health message(HealthState state) {
    Health.Builder message =
        Health.newBuilder()
            .setStatus(state.status().toString())
            .setFailingStreak(state.failingStreak());
    for (HealthState.Probe each : state.probes()) {
      message.addLog(
          HealthProbe.newBuilder()
              .setStart(each.start())
              .setEnd(each.end())
              .setExitCode(each.exitCode())
              .setOutput(each.output()));
    }
    return message.build();
  }
}
