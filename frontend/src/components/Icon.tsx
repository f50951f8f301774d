const paths = {
  add: 'M12 5v14M5 12h14',
  ask: 'M4 5h16v11H9l-5 4z',
  auto: 'M12 3a9 9 0 1 0 0 18zM12 3a9 9 0 0 1 0 18',
  book: 'M5 4h11a3 3 0 0 1 3 3v13H8a3 3 0 0 1-3-3zM5 17a3 3 0 0 1 3-3h11',
  check: 'M5 12.5l4.5 4.5L19 7.5',
  close: 'M6 6l12 12M18 6L6 18',
  download: 'M12 4v12M6.5 11l5.5 5.5L17.5 11M4 16v4h16v-4',
  external: 'M14 5h5v5M19 5l-8 8M17 14v5H5V7h5',
  globe:
    'M12 3a9 9 0 1 0 0 18 9 9 0 0 0 0-18zM3.5 12h17M12 3c-5 5.500-5 12.500 0 18M12 3c5 5.500 5 12.500 0 18',
  left: 'M15 5l-7 7 7 7',
  lost: 'M3 4l17 17M5 10a11 11 0 0 1 4-2.400M13 7.100A11 11 0 0 1 19 10M8 14a6 6 0 0 1 4-1.600M12 18.500v.1',
  moon: 'M20 14.500A8.5 8.5 0 1 1 10.5 4a7 7 0 0 0 9.5 10.500z',
  overview: 'M4 20V10M10 20V4M16 20v-7M21 20H3',
  retry: 'M20 11a8 8 0 1 0-2.3 6.300M20 5v6h-6',
  right: 'M9 5l7 7-7 7',
  search: 'M11 4a7 7 0 1 0 0 14 7 7 0 0 0 0-14zM16 16l5 5',
  send: 'M12 19V6M6 11.500L12 5.500l6 6',
  settings: 'M4 7h9M17 7h3M4 17h3M11 17h9M15 4.500v5M9 14.500v5',
  stop: 'M7 7h10v10H7z',
  sun: 'M12 8a4 4 0 1 0 0 8 4 4 0 0 0 0-8zM12 2.500v2M12 19.500v2M2.5 12h2M19.5 12h2M5.3 5.300l1.4 1.400M17.3 17.300l1.4 1.400M5.3 18.700l1.4-1.400M17.3 6.700l1.4-1.4',
  trash: 'M4 7h16M9 7V4h6v3M6 7l1 13h10l1-13M10 11v5M14 11v5',
  upload: 'M12 16V4M6.5 9L12 3.5 17.5 9M4 16v4h16v-4',
  warning: 'M12 4l9 16H3zM12 10v4.500M12 17.200v.1',
};

export type IconName = keyof typeof paths;

export function Icon({ name, size = 18 }: { name: IconName; size?: number }) {
  return (
    <svg
      width={size}
      height={size}
      viewBox="0 0 24 24"
      fill="none"
      stroke="currentColor"
      strokeWidth="1.8"
      strokeLinecap="round"
      strokeLinejoin="round"
      aria-hidden="true"
      focusable="false"
    >
      <path d={paths[name]} />
    </svg>
  );
}
