/** The bounce role: connections that dialled in are joined in channel groups. */
package culvert.bounce;
