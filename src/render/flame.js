// flame.js - search, zoom, figures and keyboard of the flame graph (flame.c prints the page).
//
// The page shows without this script. Frames are lines of the "frames" metadata, in the order of the
// boxes: a frame, then all that lies on it. Names reach the page as text nodes only.
(function () {
	'use strict';
	const svg = document.currentScript.closest('svg');
	const part = name => svg.querySelector('.' + name);
	const SVG = 'http://www.w3.org/2000/svg';
	const XHTML = 'http://www.w3.org/1999/xhtml';
	const ROW = 18, PAD = 10, SPAN = 10000000, OUTLINED = 3, TEXT_PAD = 4;
	const KINDS = ['', 'Go', 'native code', 'kernel'];
	const lines = name => part(name).textContent.split('\n');
	const setting = name => svg.getAttribute('data-' + name);
	const names = lines('names'), files = lines('files');
	const phases = setting('phases').split(','), unit = setting('unit');
	const top = Number(setting('top')), depths = Number(setting('depths'));
	const is_alone = document.documentElement === svg;
	const view = part('view'), boxes = part('boxes'), labels = part('labels'), tip = part('tip');
	const frames = read_frames(), count = frames.length;
	let width = Number(svg.getAttribute('width')), char_width = 7.25;
	let zoomed = 0, current = 0, wide = frames.filter(f => f.is_wide), hits = null, box = null;

	function read_frames() {
		const path = [];
		let rect = boxes.firstElementChild;
		const all = lines('frames').map((line, i) => {
			const field = line.split(' ');
			const depth = Number(field[0]);
			const f = {
				index: i, end: i + 1, depth: depth, parent: depth ? path[depth - 1] : -1, name: Number(field[1]),
				start: Number(field[2]), exact: field[3], weight: Number(field[3]), phase: Number(field[4][0]),
				kind: Number(field[4][1]), place: field[5], mix: field[6] || '', box: rect, label: null,
				has_label: false, is_wide: rect.classList.contains('w'),
			};
			path[depth] = i;
			rect.frame = f;
			rect = rect.nextElementSibling;
			return f;
		});
		for (let i = all.length - 1; i > 0; i--) {
			const parent = all[all[i].parent];
			parent.end = Math.max(parent.end, all[i].end);
		}
		return all;
	}

	// --- texts

	function grouped(digits) {
		return digits.replace(/\B(?=(\d{3})+$)/g, ',');
	}

	function scaled(v, steps) {
		let i = steps.length - 1;
		while (i > 0 && v < steps[i][0])
			i--;
		const n = v / steps[i][0];
		return n.toFixed(i === 0 ? 0 : n < 9.995 ? 2 : n < 99.95 ? 1 : 0) + ' ' + steps[i][1];
	}

	function quantity(f) {
		const exact = grouped(f.exact);
		if (unit === 'nanoseconds')
			return scaled(f.weight, [[1, 'ns'], [1e3, 'us'], [1e6, 'ms'], [1e9, 's']]) + ' (' + exact + ' ns)';
		if (unit === 'bytes')
			return scaled(f.weight, [[1, 'B'], [1024, 'KiB'], [1048576, 'MiB'], [1073741824, 'GiB'],
				[1099511627776, 'TiB']]) + ' (' + exact + ' bytes)';
		return exact + (unit === 'samples' ? f.exact === '1' ? ' sample' : ' samples' : '');
	}

	function share(part, whole) {
		return (whole > 0 ? 100 * part / whole : 0).toFixed(2) + ' %';
	}

	// A Go name without the directories of its package: the last '/' before any type argument or receiver.
	function shortened(f) {
		const name = names[f.name];
		const stop = name.search(/[[(]/);
		return f.kind === 1 ? name.slice(name.lastIndexOf('/', stop < 0 ? name.length : stop) + 1) : name;
	}

	function label_text(f, px) {
		const room = Math.floor((px - 2 * TEXT_PAD) / char_width);
		if (room < 2)
			return '';
		const name = Array.from(names[f.name]);
		if (name.length <= room)
			return names[f.name];
		const short = Array.from(shortened(f));
		return short.length <= room ? short.join('') : short.slice(0, room - 1).join('') + '\u2026';
	}

	function place(f) {
		if (f.place === '-')
			return '';
		const at = f.place.split(':');
		return files[Number(at[0])] + (at.length > 1 ? ':' + at[1] : '');
	}

	function facts(f) {
		const whole = frames[0].weight, parent = frames[f.parent];
		const kind = [KINDS[f.kind]];
		let figures = share(f.weight, whole) + ' of all';
		if (f.mix === '' && (f.depth > 0 || f.phase > 0))
			kind.push('phase: ' + phases[f.phase]);
		if (parent && parent !== frames[0])
			figures += ', ' + share(f.weight, parent.weight) + ' of its caller';
		return [kind.filter(Boolean).join(', '), place(f), quantity(f), figures,
			f.mix.split(',').filter(Boolean).map(m => phases[Number(m.split(':')[0])] + ' ' +
				share(Number(m.split(':')[1]), f.weight)).join(', ')].filter(Boolean);
	}

	// --- drawing

	function y_of(f) {
		return top + ROW * (setting('root') === 'top' ? f.depth : depths - 1 - f.depth);
	}

	function is_around(f) {
		return f.index <= zoomed && f.end > zoomed;
	}

	// Is f within what is zoomed into, or around it?
	function is_shown(f) {
		return is_around(f) || (f.index > zoomed && f.index < frames[zoomed].end);
	}

	function scale() {
		const root = frames[zoomed];
		return root.weight > 0 ? (width - 2 * PAD) / root.weight : 0;
	}

	// Where f begins and how wide it is, in px.
	function extent(f) {
		const px = scale();
		return is_around(f) ? { x: PAD, width: width - 2 * PAD } :
			{ x: PAD + (f.start - frames[zoomed].start) * px, width: f.weight * px };
	}

	function set_label(f, at) {
		const text = at ? label_text(f, at.width) : '';
		if (text !== '' && !f.label) {
			f.label = document.createElementNS(SVG, 'text');
			f.label.setAttribute('y', y_of(f) + 12.5);
			f.label.setAttribute('class', 'k' + f.kind);
		}
		if (f.has_label !== (text !== '')) {
			f.has_label = !f.has_label;
			if (f.has_label)
				labels.appendChild(f.label);
			else
				labels.removeChild(f.label);
		}
		if (f.has_label) {
			f.label.setAttribute('x', (at.x + TEXT_PAD).toFixed(2));
			f.label.textContent = text;
		}
	}

	function set_wide(f, is_wide) {
		if (f.is_wide !== is_wide)
			f.box.classList.toggle('w', is_wide);
		f.is_wide = is_wide;
	}

	// The boxes move and stretch with the view they are in. What is left to do is for those wide enough
	// to have an outline or a label: nothing that lies on a narrow frame is looked at.
	function draw() {
		const root = frames[zoomed], whole = frames[0].weight || 1;
		const before = wide;
		view.setAttribute('viewBox', SPAN * root.start / whole + ' 0 ' + (SPAN * root.weight / whole || SPAN) + ' ' +
			depths * ROW);
		wide = [];
		for (let i = 0; i < root.end;) {
			const f = frames[i], at = extent(f);
			if (!is_shown(f) || at.width < OUTLINED) {
				i = f.end;
				continue;
			}
			wide.push(f);
			i++;
		}
		const kept = new Set(wide);
		for (const f of before) {
			if (!kept.has(f)) {
				set_wide(f, false);
				set_label(f, null);
			}
			f.box.classList.remove('up');
		}
		for (const f of wide) {
			set_wide(f, true);
			set_label(f, extent(f));
			f.box.classList.toggle('up', is_around(f) && f.index !== zoomed);
		}
		part('reset').setAttribute('visibility', zoomed ? 'visible' : 'hidden');
		say_matched();
	}

	function zoom(i) {
		zoomed = i;
		set_current(i, false);
		draw();
	}

	// When the graph is the whole document, it is as wide as the window.
	function fit() {
		const before = width, height = Number(svg.getAttribute('height'));
		if (is_alone)
			width = Math.max(600, window.innerWidth - (height > window.innerHeight ? 16 : 0));
		if (width === before)
			return;
		svg.setAttribute('width', width);
		svg.setAttribute('viewBox', '0 0 ' + width + ' ' + height);
		part('controls').setAttribute('transform', 'translate(' + (width - PAD) + ',0)');
		view.setAttribute('width', width - 2 * PAD);
		hide_tip();
		draw();
	}

	// --- the figures of a frame

	function wrapped(text, most) {
		const all = Array.from(text), rows = [];
		for (let i = 0; i < all.length; i += most)
			rows.push(all.slice(i, i + most).join(''));
		return rows;
	}

	function show_tip(f, x, y) {
		const most = Math.max(40, Math.min(110, Math.floor(width / 8) - 8));
		const name = wrapped(names[f.name], most).slice(0, 8);
		const rows = name.concat(...facts(f).map(t => wrapped(t, most)));
		tip.textContent = '';
		const frame = tip.appendChild(document.createElementNS(SVG, 'rect'));
		let widest = 0;
		rows.forEach((row, i) => {
			const text = tip.appendChild(document.createElementNS(SVG, 'text'));
			text.setAttribute('x', 8);
			text.setAttribute('y', 17 + 16 * i);
			if (i < name.length)
				text.setAttribute('class', 'name');
			text.textContent = row;
			widest = Math.max(widest, text.getComputedTextLength());
		});
		const w = widest + 16, h = 16 * rows.length + 10, bottom = Number(svg.getAttribute('height'));
		frame.setAttribute('width', w);
		frame.setAttribute('height', h);
		frame.setAttribute('rx', 4);
		if (y + 20 + h > bottom)
			y -= h + 26;
		tip.setAttribute('transform', 'translate(' + Math.max(2, Math.min(x + 12, width - w - 4)).toFixed(1) + ',' +
			Math.max(2, y + 18).toFixed(1) + ')');
		tip.setAttribute('visibility', 'visible');
	}

	function hide_tip() {
		tip.setAttribute('visibility', 'hidden');
	}

	function point_of(event) {
		const matrix = svg.getScreenCTM();
		return matrix ? { x: (event.clientX - matrix.e) / matrix.a, y: (event.clientY - matrix.f) / matrix.d } : { x: 0, y: 0 };
	}

	// The frame that the keyboard is at.
	function set_current(i, is_seen) {
		const f = frames[i];
		frames[current].box.classList.remove('now');
		current = i;
		f.box.classList.toggle('now', is_seen);
		boxes.setAttribute('aria-label', names[f.name] + '. ' + facts(f).join('. '));
		if (!is_seen)
			return;
		f.box.scrollIntoView({ block: 'nearest', inline: 'nearest' });
		show_tip(f, extent(f).x, y_of(f));
	}

	// --- search

	function pattern_of(text) {
		try {
			return new RegExp(text, 'i');
		} catch (e) {
			return new RegExp(text.replace(/[\\^$.*+?()[\]{}|]/g, '\\$&'), 'i');
		}
	}

	// What matches is shown once more, above a veil over everything.
	function search(text) {
		const pattern = text ? pattern_of(text) : null;
		const found = part('hits');
		hits = pattern ? names.map(name => pattern.test(name)) : null;
		found.textContent = '';
		part('veil').setAttribute('visibility', hits ? 'visible' : 'hidden');
		for (const f of frames) {
			if (hits && hits[f.name] && f.depth > 0)
				found.appendChild(f.box.cloneNode(false));
		}
		say_matched();
	}

	// The weight of frames that match, in what is zoomed into: one within another counts once.
	function say_matched() {
		const root = frames[zoomed];
		let weight = 0, found = 0;
		if (hits) {
			for (let i = Math.max(zoomed, 1); i < root.end;) {
				if (hits[frames[i].name]) {
					weight += frames[i].weight;
					found++;
					i = frames[i].end;
				} else {
					i++;
				}
			}
		}
		part('matched').textContent = !hits ? '' : found === 0 ? 'no match' :
			'matched: ' + share(weight, root.weight) + (zoomed ? ' of the frame' : '');
	}

	function open_search() {
		if (!box) {
			const holder = part('controls').appendChild(document.createElementNS(SVG, 'foreignObject'));
			holder.setAttribute('x', -250);
			holder.setAttribute('y', 36);
			holder.setAttribute('width', 250);
			holder.setAttribute('height', 26);
			box = holder.appendChild(document.createElementNS(XHTML, 'input'));
			box.setAttribute('type', 'search');
			box.setAttribute('placeholder', 'function (regular expression)');
			box.setAttribute('aria-label', 'search for functions');
			box.addEventListener('input', () => search(box.value));
		}
		box.parentNode.removeAttribute('display');
		box.focus();
		box.select();
	}

	function close_search() {
		if (box) {
			box.value = '';
			box.parentNode.setAttribute('display', 'none');
		}
		search('');
	}

	// --- events

	function neighbour(step) {
		for (let i = current + step; i > 0 && i < count; i += step)
			if (is_shown(frames[i]) && frames[i].depth === frames[current].depth)
				return i;
		return current;
	}

	function widest_child() {
		let best = current;
		for (let i = current + 1; i < frames[current].end; i = frames[i].end)
			if (is_shown(frames[i]) && (best === current || frames[i].weight > frames[best].weight))
				best = i;
		return best;
	}

	function walk(key) {
		const away = setting('root') === 'top' ? 'ArrowDown' : 'ArrowUp';
		if (key === 'ArrowLeft' || key === 'ArrowRight')
			set_current(neighbour(key === 'ArrowLeft' ? -1 : 1), true);
		else if (key === away)
			set_current(widest_child(), true);
		else
			set_current(Math.max(0, frames[current].parent), true);
	}

	function on_key(event) {
		const key = event.key;
		if ((event.ctrlKey || event.metaKey) && key.toLowerCase() === 'f' &&
				(!box || document.activeElement !== box)) {
			event.preventDefault();
			open_search();
		} else if (key === 'Escape') {
			hide_tip();
			if (hits)
				close_search();
			else
				zoom(0);
		} else if (event.target === boxes && key.startsWith('Arrow')) {
			event.preventDefault();
			walk(key);
		} else if (event.target === boxes && key === 'Enter') {
			zoom(current);
			set_current(current, true);
		}
	}

	function on_button(name, act) {
		const button = part(name);
		button.addEventListener('click', act);
		button.addEventListener('keydown', event => {
			if (event.key === 'Enter' || event.key === ' ') {
				event.preventDefault();
				act();
			}
		});
	}

	labels.textContent = '';
	labels.appendChild(document.createElementNS(SVG, 'text')).textContent = 'm'.repeat(50);
	char_width = labels.firstChild.getComputedTextLength() / 50 || char_width;
	labels.textContent = '';
	part('controls').removeAttribute('visibility');
	boxes.addEventListener('click', event => event.target.frame && zoom(event.target.frame.index));
	boxes.addEventListener('mousemove', event => {
		const at = point_of(event);
		if (event.target.frame)
			show_tip(event.target.frame, at.x, at.y);
	});
	boxes.addEventListener('mouseleave', hide_tip);
	boxes.addEventListener('focus', () => boxes.matches(':focus-visible') && set_current(current, true));
	boxes.addEventListener('blur', () => {
		set_current(current, false);
		hide_tip();
	});
	on_button('search', open_search);
	on_button('reset', () => zoom(0));
	document.addEventListener('keydown', on_key);
	window.addEventListener('resize', fit);
	draw();
	fit();
})();
