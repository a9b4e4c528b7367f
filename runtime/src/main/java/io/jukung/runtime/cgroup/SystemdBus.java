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

/** Talks to systemd over the D-Bus system bus (org.freedesktop.systemd1(5)). */
public final class SystemdBus implements SystemdUnits {
  private static final String SERVICE = "org.freedesktop.systemd1";
  private static final String PATH = "/org/freedesktop/systemd1";

  private final ReentrantLock lock = new ReentrantLock();

  /** Guarded by the lock, which is never held while the bus is asked. */
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
            // A scope that has ended is of no use to anyone, whatever its result was.
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

  /** Connects when the bus is first needed, and again after the bus was restarted. */
  private SystemdManager manager() throws DBusException {
    DBusConnection current = connected();
    if (current == null) {
      DBusConnection fresh = DBusConnectionBuilder.forSystemBus().withShared(false).build();
      current = useUnlessConnected(fresh);
      if (current != fresh) {
        fresh.disconnect(); // another thread has connected meanwhile
      }
    }
    return current.getRemoteObject(SERVICE, PATH, SystemdManager.class);
  }

  private @Nullable DBusConnection connected() {
    lock.lock();
    try {
      return connection != null && connection.isConnected() ? connection : null;
    } finally {
      lock.unlock();
    }
  }

  /** Returns the connection that is used from now on: the known one if it is connected. */
  private DBusConnection useUnlessConnected(DBusConnection fresh) {
    lock.lock();
    try {
      DBusConnection known = connection;
      if (known != null && known.isConnected()) {
        return known;
      }
      connection = fresh;
      return fresh;
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
