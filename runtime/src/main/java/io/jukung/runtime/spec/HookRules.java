package io.jukung.runtime.spec;

import io.jukung.cri.CriException;
import io.jukung.runtime.cdi.CdiEdits;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The hooks of CDI devices, as the OCI runtime specification has them. */
final class HookRules {
  private HookRules() {}

  /**
   * The hooks of a container.
   *
   * @param ownUsers whether the pod has a user namespace of its own
   * @return null if there are none
   * @throws CriException FAILED_PRECONDITION if a hook cannot be run
   */
  static @Nullable Hooks of(List<CdiEdits.Hook> hooks, boolean ownUsers) {
    if (hooks.isEmpty()) {
      return null;
    }
    if (ownUsers) {
      throw CriException.failedPrecondition(
          "a CDI device of the container needs the hook "
              + hooks.getFirst().path()
              + ", and hooks are not implemented for pods with a user namespace of their own");
    }
    return new Hooks(
        named("prestart", hooks),
        named("createRuntime", hooks),
        named("createContainer", hooks),
        named("startContainer", hooks),
        named("poststart", hooks),
        named("poststop", hooks));
  }

  private static List<Hooks.Hook> named(String moment, List<CdiEdits.Hook> hooks) {
    List<Hooks.Hook> found = new ArrayList<>();
    for (CdiEdits.Hook each : hooks) {
      if (each.hookName().equals(moment)) {
        found.add(
            new Hooks.Hook(
                each.path(),
                Optional.ofNullable(each.args()).orElse(List.of()),
                Optional.ofNullable(each.env()).orElse(List.of()),
                each.timeout()));
      }
    }
    return found;
  }
}
