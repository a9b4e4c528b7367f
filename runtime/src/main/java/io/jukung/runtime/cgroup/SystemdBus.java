package io.jukung.runtime.cgroup;

import java.io.IOException;
import java.util.List;
import java.util.concurrent.locks.ReentrantLock;
import org.freedesktop.dbus.connections.impl.DBusConnection;
import org.freedesktop.dbus.connections.impl.DBusConnectionBuilder;
import org.freedesktop.dbus.exceptions.DBusException;
import org.freedesktop.dbus.exceptions.DBusExecutionException;
import org.freedesktop.dbus.types.UInt32;
import org.freedesktop.dbus.types.Variant;
import org.jspecify.annotations.Nullable;

/** {@link SystemdUnits} over the system bus (org.freedesktop.systemd1(5)). */
public final class SystemdBus implements SystemdUnits {
  private static final String SERVICE = "org.freedesktop.systemd1";
  private static final String PATH = "/org/freedesktop/systemd1";

  private final ReentrantLock lock = new ReentrantLock();
  private @Nullable DBusConnection connection;

  @FunctionalInterface
  private interface Call {
    void on(SystemdManager manager) throws DBusException;
  }

  @Override
  public void startScope(String name, String slice, String description, int pid)
      throws IOException {
    List<SystemdManager.Property> properties =
        List.of(
            property("Description", new Variant<>(description)),
            property("Slice", new Variant<>(slice)),
            property("PIDs", new Variant<>(new UInt32[] {new UInt32(pid)}, "au")),
            property("Delegate", new Variant<>(true)),
            property("DefaultDependencies", new Variant<>(false)),
            // Nobody needs to look at one that is over.
            property("CollectMode", new Variant<>("inactive-or-failed")));
    call(
        "StartTransientUnit(" + name + ", slice " + slice + ")",
        manager -> manager.startTransientUnit(name, "fail", properties, List.of()));
  }

  private static SystemdManager.Property property(String name, Variant<?> value) {
    return new SystemdManager.Property(name, value);
  }

  @Override
  public void stop(String name) throws IOException {
    call("StopUnit(" + name + ")", manager -> manager.stopUnit(name, "replace"));
  }

  private void call(String what, Call call) throws IOException {
    try {
      call.on(manager());
    } catch (DBusException | DBusExecutionException e) {
      throw new IOException("systemd: " + what + ": " + e.getMessage(), e);
    }
  }

  /** Connected when it is first needed, and anew after the bus was started again. */
  private SystemdManager manager() throws DBusException {
    lock.lock();
    try {
      DBusConnection current = connection;
      if (current == null || !current.isConnected()) {
        current = DBusConnectionBuilder.forSystemBus().withShared(false).build();
        connection = current;
      }
      return current.getRemoteObject(SERVICE, PATH, SystemdManager.class);
    } finally {
      lock.unlock();
    }
  }

  @Override
  public void close() {
    lock.lock();
    try {
      if (connection != null) {
        connection.disconnect();
        connection = null;
      }
    } finally {
      lock.unlock();
    }
  }
}
