package io.jukung.runtime.nri;

import io.jukung.nri.v1alpha1.Event;

/** What a plugin can subscribe to, and the method by which it is told. */
enum PluginEvent {
  RUN_POD_SANDBOX("RunPodSandbox", Event.RUN_POD_SANDBOX, true),
  UPDATE_POD_SANDBOX("UpdatePodSandbox", Event.UPDATE_POD_SANDBOX, false),
  POST_UPDATE_POD_SANDBOX("PostUpdatePodSandbox", Event.POST_UPDATE_POD_SANDBOX, true),
  STOP_POD_SANDBOX("StopPodSandbox", Event.STOP_POD_SANDBOX, true),
  REMOVE_POD_SANDBOX("RemovePodSandbox", Event.REMOVE_POD_SANDBOX, true),
  CREATE_CONTAINER("CreateContainer", Event.CREATE_CONTAINER, false),
  POST_CREATE_CONTAINER("PostCreateContainer", Event.POST_CREATE_CONTAINER, true),
  START_CONTAINER("StartContainer", Event.START_CONTAINER, true),
  POST_START_CONTAINER("PostStartContainer", Event.POST_START_CONTAINER, true),
  UPDATE_CONTAINER("UpdateContainer", Event.UPDATE_CONTAINER, false),
  POST_UPDATE_CONTAINER("PostUpdateContainer", Event.POST_UPDATE_CONTAINER, true),
  STOP_CONTAINER("StopContainer", Event.STOP_CONTAINER, false),
  REMOVE_CONTAINER("RemoveContainer", Event.REMOVE_CONTAINER, true),
  VALIDATE_CONTAINER_ADJUSTMENT(
      "ValidateContainerAdjustment", Event.VALIDATE_CONTAINER_ADJUSTMENT, false);

  /** Every bit that a subscription may have. */
  static final int ALL = (1 << values().length) - 1;

  private final String method;
  private final Event event;
  private final boolean wasStateChange;

  PluginEvent(String method, Event event, boolean wasStateChange) {
    this.method = method;
    this.event = event;
    this.wasStateChange = wasStateChange;
  }

  String method() {
    return method;
  }

  Event event() {
    return event;
  }

  /** Whether plugins of older releases are told of this by StateChange. */
  boolean wasStateChange() {
    return wasStateChange;
  }

  boolean isIn(int subscription) {
    return (subscription >> (event.getNumber() - 1) & 1) != 0;
  }
}
