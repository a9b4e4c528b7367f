package io.jukung.runtime.cgroup;

import java.util.List;
import org.freedesktop.dbus.DBusPath;
import org.freedesktop.dbus.Struct;
import org.freedesktop.dbus.annotations.DBusInterfaceName;
import org.freedesktop.dbus.annotations.DBusMemberName;
import org.freedesktop.dbus.annotations.Position;
import org.freedesktop.dbus.interfaces.DBusInterface;
import org.freedesktop.dbus.types.Variant;

/**
 * The methods of systemd's Manager object that jukung calls. Public because the D-Bus library makes
 * a proxy of it.
 */
@DBusInterfaceName("org.freedesktop.systemd1.Manager")
public interface SystemdManager extends DBusInterface {
  @DBusMemberName("StartTransientUnit")
  DBusPath startTransientUnit(
      String name, String mode, List<Property> properties, List<AuxiliaryUnit> auxiliary);

  @DBusMemberName("StopUnit")
  DBusPath stopUnit(String name, String mode);

  /** A property of a unit (org.freedesktop.systemd1(5), systemd.resource-control(5)). */
  final class Property extends Struct {
    @Position(0)
    public final String name;

    @Position(1)
    public final Variant<?> value;

    public Property(String name, Variant<?> value) {
      this.name = name;
      this.value = value;
    }
  }

  /** Part of the method's signature. jukung never sends one. */
  final class AuxiliaryUnit extends Struct {
    @Position(0)
    public final String name;

    @Position(1)
    public final List<Property> properties;

    public AuxiliaryUnit(String name, List<Property> properties) {
      this.name = name;
      this.properties = List.copyOf(properties);
    }
  }
}
