package io.jukung.runtime.store;

/**
 * Is told of the changes in the life of containers and sandboxes. A call comes on the thread that
 * makes the change and under the lock of the object: calls about one object come in the order of
 * its changes, the object shows the new state already, and a listener must neither wait nor change
 * an object.
 */
public interface ChangeListener {
  /** For stores whose changes nobody wants to know. */
  ChangeListener NONE =
      new ChangeListener() {
        @Override
        public void changed(Container container, Change change) {}

        @Override
        public void changed(Sandbox sandbox, Change change) {}
      };

  /** Tells two listeners of each change, one after the other. */
  static ChangeListener both(ChangeListener first, ChangeListener second) {
    return new ChangeListener() {
      @Override
      public void changed(Container container, Change change) {
        first.changed(container, change);
        second.changed(container, change);
      }

      @Override
      public void changed(Sandbox sandbox, Change change) {
        first.changed(sandbox, change);
        second.changed(sandbox, change);
      }
    };
  }

  /** What has happened to a container or a sandbox. */
  enum Change {
    CREATED,
    /** It runs. That is told again when a container that was UNKNOWN is found running. */
    STARTED,
    /**
     * It has ended; a sandbox is NOT_READY. If nobody tells how a container has ended, it is
     * UNKNOWN; that it is EXITED is told when that is learnt.
     */
    STOPPED,
    /** It is in no list any more. */
    DELETED
  }

  void changed(Container container, Change change);

  void changed(Sandbox sandbox, Change change);
}
